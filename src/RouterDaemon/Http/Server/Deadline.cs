namespace RouterDaemon.Http.Server;

/// <summary>When a connection is closed unless something happens before; by the server's coarse clock.</summary>
internal sealed class Deadline(HttpServer server)
{
    private long _timestamp = long.MaxValue;

    /// <summary>Closes after this, unless another call says otherwise.</summary>
    public void Set(TimeSpan limit) => Volatile.Write(ref _timestamp, server.CoarseTimestamp + (long)(limit.TotalSeconds * server.Time.TimestampFrequency));

    /// <summary>Nothing is waited for.</summary>
    public void Clear() => Volatile.Write(ref _timestamp, long.MaxValue);

    /// <summary>True = it is time.</summary>
    public bool HasPassed(long now) => now >= Volatile.Read(ref _timestamp);
}
