namespace RouterDaemon.Core.Simulation;

/// <summary>A request trace: arrivals in order, sizes in tokens, and prefix block hashes where the trace has them.</summary>
public sealed class SimTrace
{
    /// <summary>What the trace is called in results.</summary>
    public required string Name { get; init; }

    /// <summary>Arrival, seconds from the start; not decreasing.</summary>
    public required double[] ArrivalSeconds { get; init; }

    /// <summary>Prompt tokens.</summary>
    public required int[] InputTokens { get; init; }

    /// <summary>Answer tokens.</summary>
    public required int[] OutputTokens { get; init; }

    /// <summary>Chained hashes of full prompt blocks of all requests, one after the other.</summary>
    public required ulong[] BlockHashes { get; init; }

    /// <summary>Where each request's hashes start, plus one element for the end.</summary>
    public required int[] BlockStarts { get; init; }

    /// <summary>Tokens of one block; 0 = the trace has no hashes.</summary>
    public required int BlockTokens { get; init; }

    /// <summary>Arrivals were rounded down to this step; each run spreads them within it. 0 = exact.</summary>
    public required double JitterSeconds { get; init; }

    /// <summary>Requests.</summary>
    public int Count => ArrivalSeconds.Length;

    /// <summary>Hashes of one request.</summary>
    public ReadOnlySpan<ulong> Blocks(int request) => BlockHashes.AsSpan(BlockStarts[request]..BlockStarts[request + 1]);
}
