namespace RouterDaemon.Core.Simulation;

/// <summary>Collects the rows of a trace, for parsers.</summary>
public sealed class TraceRows
{
    private readonly List<double> _arrivals = [];
    private readonly List<int> _inputs = [];
    private readonly List<int> _outputs = [];
    private readonly List<ulong> _blocks = [];
    private readonly List<int> _starts = [0];

    /// <summary>Block hashes so far.</summary>
    public int BlockCount => _blocks.Count;

    /// <summary>Adds a block hash to the row that <see cref="Add"/> will end.</summary>
    public void AddBlock(ulong id)
    {
        // Ids are small and dense; the router's table wants well-mixed hashes.
        var z = (id + 1) * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        _blocks.Add(z ^ (z >> 31));
    }

    /// <summary>Keeps <paramref name="count"/> blocks from <paramref name="first"/> on.</summary>
    public void KeepBlocks(int first, int count)
    {
        var end = Math.Min(_blocks.Count, first + count);
        _blocks.RemoveRange(end, _blocks.Count - end);
    }

    /// <summary>Ends a row.</summary>
    public void Add(double arrivalSeconds, int inputTokens, int outputTokens)
    {
        _arrivals.Add(_arrivals.Count > 0 ? Math.Max(arrivalSeconds, _arrivals[^1]) : arrivalSeconds);
        _inputs.Add(Math.Max(1, inputTokens));
        _outputs.Add(Math.Max(1, outputTokens));
        _starts.Add(_blocks.Count);
    }

    /// <summary>Makes the trace.</summary>
    public SimTrace Build(string name, int blockTokens, double jitterSeconds) => new()
    {
        Name = name,
        ArrivalSeconds = [.. _arrivals],
        InputTokens = [.. _inputs],
        OutputTokens = [.. _outputs],
        BlockHashes = [.. _blocks],
        BlockStarts = [.. _starts],
        BlockTokens = blockTokens,
        JitterSeconds = jitterSeconds,
    };
}
