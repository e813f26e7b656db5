using System.Diagnostics;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Upstreams;

/// <summary>When everything cools down a request waits for the earliest recovery, or is told when to come back; stopping is said, not done by a reset.</summary>
public sealed class WaitingTests
{
    [Fact]
    public async Task AShortCoolDownIsWaitedFor()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        int asked = 0;
        upstream.Script = _ => Interlocked.Increment(ref asked) == 1 ? MockBehaviour.RateLimited(1) : MockBehaviour.Ok("after the pause");
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = Yaml.Fleet([upstream]), NoModel = true });
        long start = Stopwatch.GetTimestamp();
        ChatReply first = await daemon.Client.AskAsync(Chat.Body("m", "hi"));
        Assert.True(first is { Status: 200, Content: "after the pause" }, first + daemon.Log);
        Assert.True(Stopwatch.GetElapsedTime(start) > TimeSpan.FromMilliseconds(900), "Retry-After was not honoured");
    }

    [Fact]
    public async Task ARequestThatNeverTriedWaitsForTheRecoveryToo()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        int asked = 0;
        upstream.Script = _ => Interlocked.Increment(ref asked) == 1 ? MockBehaviour.RateLimited(1) : MockBehaviour.Ok("fine");
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = Yaml.Fleet([upstream], more: "retries: { max_attempts: 1 }\n"), NoModel = true });
        Assert.Equal(429, (await daemon.Client.AskAsync(Chat.Body("m", "hi"))).Status);
        ChatReply second = await daemon.Client.AskAsync(Chat.Body("m", "hi"));
        Assert.True(second is { Status: 200, Content: "fine" }, second + daemon.Log);
    }

    [Fact]
    public async Task WithoutWaitingTheAnswerIs503()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        upstream.Default = MockBehaviour.RateLimited(1);
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = Yaml.Fleet([upstream], more: "retries: { max_wait: 0s }\n"), NoModel = true });
        Assert.Equal(429, (await daemon.Client.AskAsync(Chat.Body("m", "hi"))).Status);
        long start = Stopwatch.GetTimestamp();
        ChatReply second = await daemon.Client.AskAsync(Chat.Body("m", "hi"));
        Assert.Equal((503, "1"), (second.Status, second.Header("Retry-After")));
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromMilliseconds(900));
    }

    [Fact]
    public async Task AStreamThatOutlastsTheDrainEndsWithAnErrorEvent()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        upstream.Default = new MockBehaviour { AnswerTokens = 1000, TokensPerSecond = 50 };
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = Yaml.Fleet([upstream], more: "limits: { drain_timeout: 300ms }\n"), NoModel = true });
        Task<StreamReply> running = daemon.Client.StreamAsync(Chat.Body("m", "hi"));
        await Eventually.TrueAsync(() => upstream.Posts is [{ ChunksSent: > 3 }], TimeSpan.FromSeconds(5), () => daemon.Log);
        daemon.Signal(DaemonProcess.SigTerm);
        StreamReply reply = await running;
        Assert.True(reply is { Done: false, Broke: null } && reply.Error?.GetProperty("code").GetString() == "shutting_down", reply + daemon.Log);
        Assert.Equal(0, await daemon.WaitForExitAsync(TimeSpan.FromSeconds(10)));
    }
}
