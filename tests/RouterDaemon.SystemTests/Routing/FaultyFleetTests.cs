using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Routing;

/// <summary>One deployment of several misbehaves: requests go on, it is left alone, and it comes back by real traffic alone.</summary>
public sealed class FaultyFleetTests
{
    /// <summary>Requests after which a deployment that works again has been chosen, counted from the end of its breaker's pause.</summary>
    private const int ReturnsWithin = 30;

    [Theory]
    [InlineData("stall")]
    [InlineData("429")]
    [InlineData("dead")]
    [InlineData("500")]
    [InlineData("cut")]
    public async Task TheOthersCarryOn(string fault)
    {
        await using Fleet fleet = await Fleet.StartAsync(["quality: 0.6 | trust: private, timeouts: { first_token: 400ms }", "", ""]);
        await WarmEachAsync(fleet);
        Assert.Equal("m/a", await fleet.ChooseAsync()); // the one that breaks is the one that is preferred
        await BreakAsync(fleet[0], fault);
        int before = fleet[0].Posts.Count;
        var replies = new List<StreamReply>();
        for (int batch = 0; batch < 20; batch++)
            replies.AddRange(await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => fleet.Client.StreamAsync(Chat.Body("pool", "hi")))));
        Assert.All(replies, r => Assert.True(r is { Status: 200, Done: true }, r + fleet.Daemon.Log));
        Assert.All(replies, r => Assert.NotEqual("m/a", r.Header("x-routerd-deployment")));
        // Five failures open the breaker; with five at once, a second handful can be under way by then. Refusals rest it for a moment each.
        int attempts = fault == "dead" ? replies.Count(r => r.Header("x-routerd-attempts") != "1") : fleet[0].Posts.Count - before;
        Assert.InRange(attempts, 1, 25);
        // Nobody waited for the broken one for longer than one first-token timeout.
        Assert.All(replies, r => Assert.True(r.Duration < TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public async Task ARecoveredDeploymentIsChosenAgain()
    {
        await using Fleet fleet = await Fleet.StartAsync(["quality: 0.6", "", ""]);
        await WarmEachAsync(fleet);
        fleet[0].Default = MockBehaviour.Error(500, "boom");
        for (int i = 0; i < 10; i++)
            Assert.StartsWith("m/", await fleet.ChooseAsync()); // the pool leaves it long before the breaker does
        for (int i = 0; i < 5 && !await IsOpenAsync(fleet); i++)
            await fleet.ChooseAsync("m/a");
        Assert.True(await IsOpenAsync(fleet), "the breaker did not open within five failures");

        fleet[0].Default = new MockBehaviour();
        fleet[0].Clear();
        await Eventually.TrueAsync(async () => !await IsOpenAsync(fleet), TimeSpan.FromSeconds(12), () => "the breaker stays open");
        Assert.Empty(fleet[0].Requests); // nothing probes it
        var chosen = new List<string>();
        for (int i = 0; i < ReturnsWithin && !chosen.Contains("m/a"); i++)
            chosen.Add(await fleet.ChooseAsync());
        Assert.Contains("m/a", chosen);
    }

    [Fact]
    public async Task PaidDeploymentsAreNeverProbed()
    {
        const string Paid = "price: { input: 1, output: 2 }, quality: 0.5";
        await using Fleet fleet = await Fleet.StartAsync(["quality: 0.5", Paid, Paid]);
        await fleet.WarmAsync("pool", 60);
        fleet[2].Default = MockBehaviour.Error(500, "boom");
        for (int i = 0; i < 6; i++)
            await fleet.ChooseAsync("m/c"); // opens its breaker
        int billed = fleet[2].Posts.Count;
        fleet[2].Default = new MockBehaviour();
        await Task.Delay(TimeSpan.FromSeconds(6)); // longer than the breaker's first pause
        await fleet.WarmAsync("pool", 60);
        Assert.Empty(fleet[1].Requests);
        Assert.Equal(billed, fleet[2].Requests.Count);
        Assert.Equal(120, fleet[0].Posts.Count);
    }

    private static async Task<bool> IsOpenAsync(Fleet fleet) =>
        (await fleet.Client.GetStringAsync("/metrics")).Contains("routerd_deployment_breaker_open{deployment=\"m/a\"} 1", StringComparison.Ordinal);

    private static async Task WarmEachAsync(Fleet fleet)
    {
        foreach (string model in new[] { "m/a", "m/b", "m/c" })
            await fleet.WarmAsync(model, 8);
    }

    private static async Task BreakAsync(MockUpstream upstream, string fault)
    {
        if (fault == "dead")
        {
            await upstream.DisposeAsync();
            return;
        }

        upstream.Default = fault switch
        {
            "stall" => MockBehaviour.Broken(MockFault.Stall),
            "429" => MockBehaviour.RateLimited(-1),
            "cut" => MockBehaviour.Broken(MockFault.Reset),
            _ => MockBehaviour.Error(500, "boom"),
        };
    }
}
