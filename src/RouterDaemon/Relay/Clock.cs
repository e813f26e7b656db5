namespace RouterDaemon.Relay;

/// <summary>One injected clock in the units the routing core counts in.</summary>
internal sealed class Clock(TimeProvider time)
{
    private readonly double _nsPerTick = 1e9 / time.TimestampFrequency;

    /// <summary>The clock itself.</summary>
    public TimeProvider Time => time;

    /// <summary>Monotonic nanoseconds.</summary>
    public long NowNs => (long)(time.GetTimestamp() * _nsPerTick);

    /// <summary>Monotonic time as <see cref="TimeProvider.GetTimestamp"/> counts.</summary>
    public long Timestamp => time.GetTimestamp();

    /// <summary>Microseconds since 1970, UTC.</summary>
    public long UnixMicros => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>The timestamp that lies <paramref name="span"/> from now; never for an infinite span.</summary>
    public long After(TimeSpan span) => After(span, time.GetTimestamp());

    /// <summary>The timestamp that lies <paramref name="span"/> from another one; never for an infinite span.</summary>
    public long After(TimeSpan span, long timestamp) => span == Timeout.InfiniteTimeSpan
        ? long.MaxValue
        : timestamp + (long)(span.TotalSeconds * time.TimestampFrequency);

    /// <summary>Time from now to a timestamp; zero when it has passed.</summary>
    public TimeSpan Until(long timestamp) => TimeSpan.FromSeconds(Math.Max(0, timestamp - time.GetTimestamp()) / (double)time.TimestampFrequency);

    /// <summary>Milliseconds from a timestamp to now.</summary>
    public double MsSince(long timestamp) => (time.GetTimestamp() - timestamp) * _nsPerTick * 1e-6;
}
