using RouterDaemon.Backends.Gauges;
using RouterDaemon.Http;

namespace RouterDaemon.Backends;

/// <summary>A backend's answer as it comes in: status first, then bytes in OpenAI's dialect, or in that of the request (SSE when streamed).</summary>
internal abstract class BackendResponse : IAsyncDisposable
{
    /// <summary>HTTP status, or what stands for it.</summary>
    public required int Status { get; init; }

    /// <summary>Media type of the bytes, without parameters.</summary>
    public string MediaType { get; init; } = "application/json";

    /// <summary>The dialect of the bytes.</summary>
    public Dialect Dialect { get; init; }

    /// <summary>When the backend asked to be left alone until, from now; null = it said nothing.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>llm-d's reason for a refusal (<c>x-llm-d-request-dropped-reason</c>), or null.</summary>
    public string? DroppedReason { get; init; }

    /// <summary>llm-d's <c>x-session-token</c>, which the client echoes to stay where it is; null = none.</summary>
    public string? SessionToken { get; init; }

    /// <summary>The load that came with the answer; empty = none did.</summary>
    public LoadGauges Load { get; init; } = new();

    /// <summary>Next bytes of the answer; 0 = its end. Throws <see cref="UpstreamException"/> when the answer breaks off.</summary>
    public abstract ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Ends the exchange; closes the connection or stops the decode when the answer was not read to its end.</summary>
    public abstract ValueTask DisposeAsync();
}
