namespace RouterDaemon.SystemTests.Support;

/// <summary>How a daemon under test is started.</summary>
public sealed record DaemonOptions
{
    /// <summary>Text of <c>routerd.yaml</c>; null = no file, the working default.</summary>
    public string? Config { get; init; }

    /// <summary>Home that an earlier daemon left; null = a new one, deleted in the end.</summary>
    public string? Home { get; init; }

    /// <summary>Fixed port; 0 = a free one.</summary>
    public int Port { get; init; }

    /// <summary>Arguments; none = <c>serve</c>.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Further environment variables; an empty value removes one.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>True: wait for <c>/health/ready</c> instead of <c>/health/live</c>.</summary>
    public bool WaitReady { get; init; }

    /// <summary>True: keep the bundled model from being served, for tests that are about upstreams only.</summary>
    public bool NoModel { get; init; }
}
