using RouterDaemon.Http;
using RouterDaemon.Relay;

namespace RouterDaemon.Cache;

/// <summary>One whole answer as a deployment gave it: before its translation for the client, so that a replay has ids of its own.</summary>
internal sealed class CachedAnswer
{
    /// <summary>The answer, or the events of the stream without the closing one.</summary>
    public required byte[] Body { get; init; }

    /// <summary>The dialect of <see cref="Body"/>.</summary>
    public required Dialect Dialect { get; init; }

    /// <summary>True when <see cref="Body"/> is a stream's events.</summary>
    public required bool IsStream { get; init; }

    /// <summary>Who answered.</summary>
    public required string DeploymentId { get; init; }

    /// <summary>What the answer used when it was made.</summary>
    public required TokenUsage Usage { get; init; }

    /// <summary>When it was stored, milliseconds since 1970.</summary>
    public required long StoredUnixMs { get; init; }
}
