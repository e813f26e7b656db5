using System.Collections.Concurrent;
using System.Diagnostics;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Cache;

/// <summary>The cache among daemons: a real Redis, killed and hung as it happens.</summary>
public sealed class RedisTests
{
    private const int SigStop = 19;
    private const int SigCont = 18;
    private const string On = "cache: { enabled: true }\n";

    [Fact]
    public async Task TwoDaemonsShareAnAnswer()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using Fleet one = await StartAsync(redis);
        await using Fleet two = await StartAsync(redis);
        one[0].Default = MockBehaviour.Ok("from the first") with { PromptTokens = 9 };
        ChatReply first = await one.Client.AskAsync(Chat.Body("m", "hi", ("temperature", 0)));
        StreamReply stream = await one.Client.StreamAsync(Chat.Body("m", "hi", ("temperature", 0)));
        await Eventually.TrueAsync(async () => await redis.AnswerAsync("DBSIZE") == ":2", TimeSpan.FromSeconds(5), () => "the answers are not in Redis");

        ChatReply second = await two.Client.AskAsync(Chat.Body("m", "hi", ("temperature", 0)));
        StreamReply secondStream = await two.Client.StreamAsync(Chat.Body("m", "hi", ("temperature", 0)));
        Assert.Equal((first.Body, "cached"), (second.Body, second.Header("x-routerd-decision")));
        Assert.Equal((stream.Raw, "cached"), (secondStream.Raw, secondStream.Header("x-routerd-decision")));
        Assert.Empty(two[0].Posts);
        Assert.Equal(2, await two.Client.MetricAsync("routerd_cache_entries"));
        foreach (Fleet fleet in (Fleet[])[one, two])
            Assert.DoesNotContain(RedisServer.Password, fleet.Daemon.Log);
    }

    [Fact]
    public async Task AValueThatIsNoAnswerIsAMiss()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using Fleet one = await StartAsync(redis);
        await one.Client.AskAsync(Chat.Body("m", "hi", ("temperature", 0)));
        await Eventually.TrueAsync(async () => await redis.AnswerAsync("DBSIZE") == ":1", TimeSpan.FromSeconds(5), () => "the answer is not in Redis");
        const string spoil = "EVAL \"for _,k in ipairs(redis.call('keys','*')) do redis.call('set',k,'rubbish') end return 1\" 0";
        Assert.Equal(":1", await redis.AnswerAsync(spoil));
        await using Fleet two = await StartAsync(redis);
        ChatReply reply = await two.Client.AskAsync(Chat.Body("m", "hi", ("temperature", 0)));
        Assert.Equal((200, "chosen"), (reply.Status, reply.Header("x-routerd-decision")));
        Assert.Equal(1, await two.Client.MetricAsync("routerd_redis_up"));
    }

    [Fact]
    public async Task NoRequestFailsWhileRedisIsKilledAndComesBack()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using Fleet fleet = await StartAsync(redis);
        await UnderLoadAsync(fleet, async () =>
        {
            for (int round = 0; round < 2; round++)
            {
                await redis.KillAsync();
                await UpAsync(fleet, 0);
                await Task.Delay(500);
                await redis.RunAsync();
                await UpAsync(fleet, 1);
                await Task.Delay(300);
            }
        });
        Assert.NotEqual(":0", await redis.AnswerAsync("DBSIZE"));
        Assert.DoesNotContain(RedisServer.Password, fleet.Daemon.Log);
    }

    [Fact]
    public async Task ARedisThatHangsHoldsNobodyUp()
    {
        await using RedisServer redis = await RedisServer.StartAsync();
        await using Fleet fleet = await StartAsync(redis);
        await UnderLoadAsync(fleet, async () =>
        {
            redis.Signal(SigStop);
            await UpAsync(fleet, 0);
            await Task.Delay(1500);
            redis.Signal(SigCont);
            await UpAsync(fleet, 1);
        });
    }

    [Fact]
    public async Task WithoutRedisTheCacheIsThisDaemonsOwn()
    {
        await using Fleet fleet = await Fleet.StartAsync([""], On, environment: new Dictionary<string, string> { ["REDIS_URL"] = $"redis://u:hidden@127.0.0.1:{DaemonBinary.FreePort()}" });
        await fleet.Client.AskAsync(Chat.Body("m", "hi", ("temperature", 0)));
        ChatReply reply = await fleet.Client.AskAsync(Chat.Body("m", "hi", ("temperature", 0)));
        Assert.Equal("cached", reply.Header("x-routerd-decision"));
        await fleet.Daemon.WaitForLogAsync("the cache goes on alone", TimeSpan.FromSeconds(5));
        Assert.Equal(0, await fleet.Client.MetricAsync("routerd_redis_up"));
        Assert.DoesNotContain("hidden", fleet.Daemon.Log);
    }

    private static async Task<Fleet> StartAsync(RedisServer redis)
    {
        Fleet fleet = await Fleet.StartAsync([""], On, environment: redis.Environment);
        await UpAsync(fleet, 1);
        return fleet;
    }

    private static Task UpAsync(Fleet fleet, int expected) => Eventually.TrueAsync(
        async () => await fleet.Client.MetricAsync("routerd_redis_up") == expected, TimeSpan.FromSeconds(15), () => $"redis_up is not {expected}:\n{fleet.Daemon.Log}");

    /// <summary>New and repeated questions all the time; each must be answered, and soon.</summary>
    private static async Task UnderLoadAsync(Fleet fleet, Func<Task> meanwhile)
    {
        var bad = new ConcurrentBag<string>();
        double slowest = 0;
        int asked = 0;
        using var stop = new CancellationTokenSource();
        Task[] clients = [.. Enumerable.Range(0, 8).Select(c => Task.Run(async () =>
        {
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                long start = Stopwatch.GetTimestamp();
                ChatReply reply = await fleet.Client.AskAsync(Chat.Body("m", $"{c} {i / 2}", ("temperature", 0)));
                if (reply.Status != 200)
                    bad.Add(reply.ToString());
                InterlockedMax(ref slowest, Stopwatch.GetElapsedTime(start).TotalSeconds);
                Interlocked.Increment(ref asked);
                await Task.Delay(2);
            }
        }))];
        await meanwhile();
        await stop.CancelAsync();
        await Task.WhenAll(clients);
        Report.Line($"redis gone and back: {asked} requests, slowest {slowest * 1000:F0} ms");
        Assert.Empty(bad);
        Assert.InRange(asked, 100, int.MaxValue);
        Assert.InRange(slowest, 0, 2);
    }

    private static void InterlockedMax(ref double target, double value)
    {
        double seen = Volatile.Read(ref target);
        while (value > seen && Interlocked.CompareExchange(ref target, value, seen) is var now && now != seen)
            seen = now;
    }
}
