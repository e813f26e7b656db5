using RouterDaemon.Service;
using RouterDaemon.Tests.Engine;
using Xunit;

namespace RouterDaemon.Tests.Service;

/// <summary>When an idle daemon collects.</summary>
public sealed class IdleCollectorTests
{
    [Fact]
    public void CollectsOnlyWhatIsWorthItAndOnlyWhenIdle()
    {
        var time = new ManualTime();
        long decisions = 1;
        int collections = 0;
        using var collector = new IdleCollector(time, () => decisions, () => collections++);
        time.Advance(IdleCollector.Period);
        Assert.Equal(0, collections);
        Allocate();
        decisions++;
        time.Advance(IdleCollector.Period);
        Assert.Equal(0, collections);
        time.Advance(IdleCollector.Period);
        Assert.Equal(1, collections);
        Allocate();
        time.Advance(IdleCollector.Period);
        Assert.Equal(2, collections);
    }

    private static void Allocate()
    {
        for (long bytes = 0; bytes <= IdleCollector.MinBytes; bytes += 100_000)
            GC.KeepAlive(new byte[100_000]);
    }
}
