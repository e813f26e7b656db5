namespace RouterDaemon.Tests.Store;

/// <summary>A clock that moves when a test says so; timers run on the real one.</summary>
internal sealed class FixedTime(DateTimeOffset now) : TimeProvider
{
    public DateTimeOffset Now { get; set; } = now;

    public override DateTimeOffset GetUtcNow() => Now;
}
