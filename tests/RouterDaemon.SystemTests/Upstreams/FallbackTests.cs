using System.Text.Json.Nodes;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Upstreams;

/// <summary>Before the first content a failure is another deployment's chance.</summary>
public sealed class FallbackTests(BrokenFleet fleet) : IClassFixture<BrokenFleet>
{
    public static TheoryData<string, string> Recoverable
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach ((string kind, string spec) in BrokenFleet.Cases)
                data.Add(kind, spec);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Recoverable))]
    public async Task AnotherDeploymentAnswers(string kind, string spec)
    {
        (string broken, MockUpstream upstream) = fleet.Backend(kind, spec);
        JsonObject body = Chat.Body($"m/{broken}", "hi", ("fallbacks", new JsonArray($"m/{fleet.Working}")));
        StreamReply stream = await fleet.Daemon.Client.StreamAsync((JsonObject)body.DeepClone());
        Assert.True(stream is { Status: 200, Done: true, Content: BrokenFleet.Answer }, stream + fleet.Daemon.Log);
        Assert.Equal($"m/{fleet.Working}", stream.Header("x-routerd-deployment"));
        Assert.Equal("fallback", stream.Header("x-routerd-decision"));
        Assert.True(int.Parse(stream.Header("x-routerd-attempts")!) >= 2);
        Assert.NotEmpty(upstream.Posts);

        ChatReply whole = await fleet.Daemon.Client.AskAsync(body);
        Assert.True(whole is { Status: 200, Content: BrokenFleet.Answer }, whole + fleet.Daemon.Log);
        Assert.Equal($"m/{fleet.Working}", whole.Header("x-routerd-deployment"));
    }

    [Fact]
    public async Task AStalledUpstreamIsLeftAtTheFirstTokenTimeout()
    {
        await using MockUpstream broken = MockUpstream.Start();
        await using MockUpstream working = MockUpstream.Start();
        broken.Default = MockBehaviour.Broken(MockFault.Stall, MockBehaviour.BeforeHead);
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            Config = Yaml.Fleet([broken, working], timeouts: "connect: 1s, first_token: 500ms, between_tokens: 500ms, total: 20s"),
            NoModel = true,
        });
        StreamReply reply = await daemon.Client.StreamAsync(Chat.Body("m/b0", "hi", ("fallbacks", new JsonArray("m/b1"))));
        Assert.True(reply is { Status: 200, Done: true }, reply + daemon.Log);
        Assert.Equal("m/b1", reply.Header("x-routerd-deployment"));
        await broken.Posts[0].ClientGone.WaitAsync(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task AnUnreachableUpstreamIsLeft()
    {
        await using MockUpstream gone = MockUpstream.Start();
        await using MockUpstream working = MockUpstream.Start();
        await gone.DisposeAsync();
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = Yaml.Fleet([gone, working]), NoModel = true });
        ChatReply reply = await daemon.Client.AskAsync(Chat.Body("m/b0", "hi", ("models", new JsonArray("m/b0", "m/b1"))));
        Assert.True(reply.Status == 200, reply + daemon.Log);
        Assert.Equal("m/b1", reply.Header("x-routerd-deployment"));
    }

    [Fact]
    public async Task AStaleKeepAliveConnectionIsNoError()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = Yaml.Fleet([upstream]), NoModel = true });
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal(200, (await daemon.Client.AskAsync(Chat.Body("m", "hi"))).Status);
            upstream.ResetConnections();
        }
    }

    [Fact]
    public async Task WhenAllFailTheLastErrorSaysWho()
    {
        await using MockUpstream a = MockUpstream.Start();
        await using MockUpstream b = MockUpstream.Start();
        a.Default = b.Default = MockBehaviour.Error(500, "boom");
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = Yaml.Fleet([a, b]), NoModel = true });
        ChatReply reply = await daemon.Client.AskAsync(Chat.Body("pool", "hi"));
        Assert.True(reply.Status is 502 or 503, reply + daemon.Log);
        Assert.NotEmpty(a.Posts);
        Assert.NotEmpty(b.Posts);
        Assert.InRange(a.Posts.Count + b.Posts.Count, 2, 3);
        StreamReply stream = await daemon.Client.StreamAsync(Chat.Body("pool", "hi"));
        Assert.True(stream.Status is 502 or 503, stream.ToString());
        Assert.StartsWith("application/json", stream.Header("Content-Type"));
    }

    [Fact]
    public async Task WhenAllAreLimitedTheClientIsToldWhenToComeBack()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        upstream.Default = MockBehaviour.RateLimited(30);
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = Yaml.Fleet([upstream]), NoModel = true });
        ChatReply first = await daemon.Client.AskAsync(Chat.Body("m", "hi"), ("x-routerd-deadline-ms", "3000"));
        Assert.True(first.Status is 429 or 503, first + daemon.Log);
        Assert.InRange(int.Parse(first.Header("Retry-After")!), 1, 30);
        int sent = upstream.Posts.Count;
        ChatReply second = await daemon.Client.AskAsync(Chat.Body("m", "hi"), ("x-routerd-deadline-ms", "3000"));
        Assert.True(second.Status is 429 or 503, second.ToString());
        Assert.Equal(sent, upstream.Posts.Count);
    }

    [Theory]
    [InlineData(MockBehaviour.BeforeHead)]
    [InlineData(MockBehaviour.BeforeContent)]
    [InlineData(1)]
    public async Task TheTotalTimeoutBoundsAllAttemptsTogether(int stallAt)
    {
        await using MockUpstream upstream = MockUpstream.Start();
        upstream.Default = MockBehaviour.Broken(MockFault.Stall, stallAt);
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            Config = Yaml.Fleet([upstream], timeouts: "connect: 1s, first_token: 30s, between_tokens: 30s, total: 2s"),
            NoModel = true,
        });
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        ChatReply reply = await daemon.Client.AskAsync(Chat.Body("m", "hi"));
        Assert.True(reply.Status == 504, reply + daemon.Log);
        Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds, 1.9, 3.5);
    }

    [Fact]
    public async Task ADeadlineEndsTheRequestWith504()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        upstream.Default = MockBehaviour.Broken(MockFault.Stall, MockBehaviour.BeforeHead);
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = Yaml.Fleet([upstream]), NoModel = true });
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        ChatReply reply = await daemon.Client.AskAsync(Chat.Body("m", "hi"), ("x-routerd-deadline-ms", "700"));
        Assert.True(reply.Status == 504, reply + daemon.Log);
        Assert.InRange(System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMilliseconds, 600, 2500);
    }
}
