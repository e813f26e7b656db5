using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Upstreams;

/// <summary>A streamed request whose first token is late is sent to a second deployment as well; whoever answers first has the client.</summary>
public sealed class HedgeTests : IAsyncLifetime
{
    private readonly MockUpstream _preferred = MockUpstream.Start();
    private readonly MockUpstream _second = MockUpstream.Start();
    private DaemonProcess _daemon = null!;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        await _preferred.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task ALatePrimaryLosesToTheHedge()
    {
        await StartAsync();
        _preferred.Default = MockBehaviour.Ok("too late") with { FirstTokenMs = 20_000 };
        _second.Default = MockBehaviour.Ok("from the second");
        StreamReply reply = await _daemon.Client.StreamAsync(Chat.Body("pool", "hi"));
        Assert.True(reply is { Status: 200, Done: true, Content: "from the second" }, reply + _daemon.Log);
        Assert.Equal("hedged", reply.Header("x-routerd-decision"));
        Assert.Equal("m/second", reply.Header("x-routerd-deployment"));
        Assert.Equal("2", reply.Header("x-routerd-attempts"));
        await _preferred.Posts[^1].ClientGone.WaitAsync(TimeSpan.FromSeconds(2));
        Assert.Contains("routerd_hedges_total 1", await _daemon.Client.GetStringAsync("/metrics"));
        using var db = new ContextDb(_daemon.Home);
        await Eventually.TrueAsync(
            () => db.Number("SELECT count(*) FROM r_outcomes WHERE decision_kind = 'hedged' AND deployment_id = 'm/second' AND outcome = 'success'") == 1,
            TimeSpan.FromSeconds(5), () => "no row of a hedged request");
        Assert.Equal(0, db.Number("SELECT count(*) FROM requests WHERE status <> 'success'"));

        // What both hold is given back, and the late one is known to be slow now: the next request does not wait for it.
        Assert.Contains("routerd_deployment_in_flight{deployment=\"m/preferred\"} 0", await _daemon.Client.GetStringAsync("/metrics"));
    }

    [Fact]
    public async Task APrimaryThatAnswersFirstKeepsTheClient()
    {
        await StartAsync();
        _preferred.Default = MockBehaviour.Ok("from the first") with { FirstTokenMs = 1_500 };
        _second.Default = MockBehaviour.Ok("too late") with { FirstTokenMs = 20_000 };
        StreamReply reply = await _daemon.Client.StreamAsync(Chat.Body("pool", "hi"));
        Assert.True(reply is { Status: 200, Done: true, Content: "from the first" }, reply + _daemon.Log);
        Assert.Equal("chosen", reply.Header("x-routerd-decision"));
        Assert.Equal("m/preferred", reply.Header("x-routerd-deployment"));
        await _second.Posts[^1].ClientGone.WaitAsync(TimeSpan.FromSeconds(2));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhenOneOfThemFailsTheOtherAnswers(bool primaryFails)
    {
        await StartAsync();
        var broken = MockBehaviour.Error(500, "boom") with { LatencyMs = primaryFails ? 1_500 : 0 };
        var slow = MockBehaviour.Ok("patience") with { FirstTokenMs = 2_500 };
        (_preferred.Default, _second.Default) = primaryFails ? (broken, slow) : (slow, broken);
        StreamReply reply = await _daemon.Client.StreamAsync(Chat.Body("pool", "hi"));
        Assert.True(reply is { Status: 200, Done: true, Content: "patience" }, reply + _daemon.Log);
        Assert.Equal(primaryFails ? "hedged" : "chosen", reply.Header("x-routerd-decision"));
        Assert.Single(_preferred.Posts, p => p.BodyText.Contains("\"hi\"", StringComparison.Ordinal));
        Assert.Single(_second.Posts, p => p.BodyText.Contains("\"hi\"", StringComparison.Ordinal));
        using var db = new ContextDb(_daemon.Home);
        await Eventually.TrueAsync(
            () => db.Number($"SELECT count(*) FROM requests WHERE status = 'error' AND deployment_id = '{(primaryFails ? "m/preferred" : "m/second")}'") == 1,
            TimeSpan.FromSeconds(5), () => "the attempt that failed has no row");
    }

    [Fact]
    public async Task WhenBothFailTheClientIsTold()
    {
        await StartAsync();
        _preferred.Default = MockBehaviour.Error(500, "boom") with { LatencyMs = 1_500 };
        _second.Default = MockBehaviour.Error(500, "boom") with { LatencyMs = 100 };
        StreamReply reply = await _daemon.Client.StreamAsync(Chat.Body("pool", "hi"));
        Assert.True(reply.Status == 502, reply + _daemon.Log);
        Assert.Contains("in_flight{deployment=\"m/preferred\"} 0", await _daemon.Client.GetStringAsync("/metrics"));
        Assert.Contains("in_flight{deployment=\"m/second\"} 0", await _daemon.Client.GetStringAsync("/metrics"));
    }

    [Fact]
    public async Task APrivateRequestIsNeverHedgedToAPublicDeployment()
    {
        await StartAsync(secondTrust: "public", warmSecond: false);
        _preferred.Default = MockBehaviour.Ok("private") with { FirstTokenMs = 1_500 };
        var body = Chat.Body("pool", "hi", ("route", new System.Text.Json.Nodes.JsonObject { ["privacy"] = "private" }));
        StreamReply reply = await _daemon.Client.StreamAsync(body);
        Assert.True(reply is { Status: 200, Done: true, Content: "private" }, reply + _daemon.Log);
        Assert.Equal(0, _second.TotalConnections);
    }

    [Theory]
    [InlineData("")]
    [InlineData("routing: { hedge: { enabled: true, budget: 0 } }\n")]
    public async Task WithoutBeingAskedForNothingIsHedged(string routing)
    {
        await StartAsync(routing);
        _preferred.Default = MockBehaviour.Ok("alone") with { FirstTokenMs = 1_500 };
        int before = _second.Posts.Count;
        StreamReply reply = await _daemon.Client.StreamAsync(Chat.Body("pool", "hi"));
        Assert.True(reply is { Status: 200, Content: "alone" }, reply + _daemon.Log);
        Assert.Equal("chosen", reply.Header("x-routerd-decision"));
        Assert.Equal(before, _second.Posts.Count);
    }

    /// <summary>A daemon that has learnt that both answer at once, and prefers the better one.</summary>
    private async Task StartAsync(string routing = "routing: { hedge: { enabled: true, budget: 0.02 } }\n", string secondTrust = "private", bool warmSecond = true)
    {
        _daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            Config = $$"""
                backends:
                  - { id: preferred, kind: openai, url: {{_preferred.Url}}v1, trust: private, deployments: [{ model: m, quality: 1 }] }
                  - { id: second, kind: openai, url: {{_second.Url}}v1, trust: {{secondTrust}}, deployments: [{ model: m, quality: 0.2 }] }
                virtual_models:
                  pool: { deployments: [m/preferred, m/second] }
                {{routing}}
                """,
            NoModel = true,
        });
        foreach (string model in warmSecond ? new[] { "m/preferred", "m/second" } : ["m/preferred"])
        {
            for (int i = 0; i < 12; i++)
                Assert.Equal(200, (await _daemon.Client.StreamAsync(Chat.Body(model, "warm up"))).Status);
        }
    }
}
