using RouterDaemon.Keys;
using Xunit;

namespace RouterDaemon.Tests.Keys;

public sealed class RateWindowTests
{
    [Theory]
    [InlineData(99, "None")]
    [InlineData(100, "Requests")]
    [InlineData(101, "Requests")]
    public void RequestsAreLetInBelowTheLimit(int taken, string expected)
    {
        var window = new RateWindow(new RateLimits { RequestsPerMinute = 100 });
        for (int i = 0; i < taken; i++)
            window.TryTake(0, 5);
        RateReading reading = window.TryTake(0, 5);
        Assert.Equal(expected, reading.Excess.ToString());
        Assert.Equal(expected == "None" ? 0 : 61, reading.RetrySeconds);
    }

    [Theory]
    [InlineData(49, "None")]
    [InlineData(50, "None")]
    [InlineData(51, "Tokens")]
    public void TokensAreBoundsUntilTheyAreSettled(long second, string expected)
    {
        var window = new RateWindow(new RateLimits { TokensPerMinute = 100 });
        Assert.Equal(RateExcess.None, window.TryTake(50, 1).Excess);
        Assert.Equal(expected, window.TryTake(second, 1).Excess.ToString());
        window.Settle(1, 2, 50, 10, counts: true);
        Assert.Equal(RateExcess.None, window.TryTake(expected == "None" ? 90 - second : 90, 2).Excess);
    }

    [Fact]
    public void ARequestThatFailedNeverWas()
    {
        var window = new RateWindow(new RateLimits { RequestsPerMinute = 1, MaxParallel = 1 });
        Assert.Equal(RateExcess.None, window.TryTake(7, 1).Excess);
        Assert.Equal(RateExcess.Parallel, window.TryTake(7, 1).Excess);
        window.Settle(1, 1, 7, 0, counts: false);
        Assert.Equal(RateExcess.None, window.TryTake(7, 1).Excess);
        window.Settle(1, 1, 7, 7, counts: true);
        Assert.Equal(RateExcess.Requests, window.TryTake(7, 1).Excess);
    }

    /// <summary>Against the slow truth: a list of all requests. No 60 s anywhere may hold more than the limit, and what is refused would not have fitted 61 s.</summary>
    [Fact]
    public void NoSixtySecondsEverHoldMoreThanTheLimit()
    {
        var random = new Random(7);
        for (int round = 0; round < 200; round++)
        {
            var limits = new RateLimits { RequestsPerMinute = random.Next(1, 20), TokensPerMinute = random.Next(50, 500) };
            var window = new RateWindow(limits);
            var taken = new List<(long Second, long Tokens)>();
            long now = random.Next(0, 1000);
            for (int i = 0; i < 400; i++)
            {
                now += random.Next(10) == 0 ? random.Next(0, 90) : random.Next(0, 3);
                long tokens = random.Next(0, 120);
                List<(long Second, long Tokens)> recent = taken.FindAll(t => now - t.Second <= 60);
                bool fits = recent.Count < limits.RequestsPerMinute && recent.Sum(t => t.Tokens) + tokens <= limits.TokensPerMinute;
                RateReading reading = window.TryTake(tokens, now);
                Assert.Equal(fits, reading.Excess == RateExcess.None);
                if (!fits)
                {
                    Assert.InRange(reading.RetrySeconds, 1, 61);
                    continue;
                }

                int kept = random.Next(4);
                if (kept == 0)
                {
                    window.Settle(now, now, tokens, 0, counts: false);
                }
                else
                {
                    long used = kept == 1 ? tokens / 2 : tokens;
                    window.Settle(now, now, tokens, used, counts: true);
                    taken.Add((now, used));
                }
            }
        }
    }

    [Fact]
    public async Task ABurstFromManyThreadsTakesExactlyTheLimit()
    {
        var window = new RateWindow(new RateLimits { RequestsPerMinute = 100 });
        int let = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 1000), TestContext.Current.CancellationToken, (_, _) =>
        {
            if (window.TryTake(3, 9).Excess == RateExcess.None)
                Interlocked.Increment(ref let);
            return ValueTask.CompletedTask;
        });
        Assert.Equal(100, let);
    }
}
