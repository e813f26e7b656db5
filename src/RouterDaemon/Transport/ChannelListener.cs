using System.Net;

namespace RouterDaemon.Transport;

/// <summary>An address that is listened on, until it is disposed of.</summary>
internal abstract class ChannelListener : IDisposable
{
    /// <summary>Pause before the next try when no descriptor was left for a connection.</summary>
    protected static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    /// <summary>The address, with the port that was found free.</summary>
    public required EndPoint LocalEndPoint { get; init; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
