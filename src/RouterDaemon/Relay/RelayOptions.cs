namespace RouterDaemon.Relay;

/// <summary>Bounds of the relay that no configuration needs to change.</summary>
internal sealed record RelayOptions
{
    /// <summary>Silence of an upstream after which a streaming client gets a keep-alive comment. Default 10 s.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bodies and answers larger than this are scanned on the thread pool: a socket thread has others waiting. Default 256 KiB.</summary>
    public int MaxInlineScanBytes { get; init; } = 256 * 1024;

    /// <summary>Largest single event of a stream. Default 8 MiB.</summary>
    public int MaxEventBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Largest answer that is not streamed. Default 64 MiB.</summary>
    public int MaxAnswerBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How much of an upstream's error is read. Default 64 KiB.</summary>
    public int MaxErrorBytes { get; init; } = 64 * 1024;

    /// <summary>How often a request looks for a place while every deployment is full. Default 20 ms.</summary>
    public TimeSpan FullPollInterval { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Least pause before the same deployments are tried again. Default 1 ms.</summary>
    public TimeSpan LeastWait { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>How long streams have for their <c>error</c> event when the daemon stops. Default 1 s.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often running attempts are checked against their deadlines. Default 50 ms.</summary>
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromMilliseconds(50);
}
