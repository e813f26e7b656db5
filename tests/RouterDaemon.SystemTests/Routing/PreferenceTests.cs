using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Routing;

/// <summary>What is weighed against each other: money, time, quality, a session's home.</summary>
public sealed class PreferenceTests
{
    [Fact]
    public async Task MoneyQualityAndTimeAreSteeredByTheName()
    {
        await using Fleet fleet = await Fleet.StartAsync(["quality: 0.95, price: { input: 30, output: 60 }", "quality: 0.4", "quality: 0.5, price: { input: 1, output: 2 }"]);
        fleet[1].Default = MockBehaviour.Ok("slow") with { LatencyMs = 900, TokensPerSecond = 20 };
        await fleet.WarmAsync("m/a", 6);
        await fleet.WarmAsync("m/b", 6);
        await fleet.WarmAsync("m/c", 6);
        Assert.Equal("m/a", await fleet.ChooseAsync("pool:best"));
        Assert.Equal("m/b", await fleet.ChooseAsync("pool:cheap"));
        Assert.Equal("m/c", await fleet.ChooseAsync("pool:fast"));
    }

    [Fact]
    public async Task AnObjectiveForTheFirstTokenChangesTheChoice()
    {
        await using Fleet fleet = await Fleet.StartAsync(["quality: 0.75", "quality: 0.5"]);
        fleet[0].Default = MockBehaviour.Ok("good but late") with { FirstTokenMs = 1_000 };
        await fleet.WarmAsync("m/a", 8);
        await fleet.WarmAsync("m/b", 8);
        Assert.Equal("m/a", await ShortAsync(fleet));
        Assert.Equal("m/b", await ShortAsync(fleet, ("x-routerd-slo-ttft-ms", "150")));
        Assert.Equal("m/b", await ShortAsync(fleet, ("x-routerd-preset", "interactive"), ("x-routerd-slo-ttft-ms", "150")));
        Assert.Equal("m/a", await ShortAsync(fleet, ("x-routerd-preset", "batch")));
    }

    [Fact]
    public async Task AnObjectiveForTheTokensChangesTheChoice()
    {
        await using Fleet fleet = await Fleet.StartAsync(["quality: 0.6", "quality: 0.5"]);
        fleet[0].Default = new MockBehaviour { AnswerTokens = 12, TokensPerSecond = 20 };
        fleet[1].Default = new MockBehaviour { AnswerTokens = 12, TokensPerSecond = 500 };
        await fleet.WarmAsync("m/a", 8);
        await fleet.WarmAsync("m/b", 8);
        Assert.Equal("m/a", await ShortAsync(fleet, ("x-routerd-slo-tpot-ms", "500")));
        Assert.Equal("m/b", await ShortAsync(fleet, ("x-routerd-slo-tpot-ms", "15")));
    }

    [Fact]
    public async Task ADeadlineThatOneCannotMeetChangesTheChoice()
    {
        await using Fleet fleet = await Fleet.StartAsync(["quality: 0.65", "quality: 0.5"]);
        fleet[0].Default = MockBehaviour.Ok("good but late") with { FirstTokenMs = 1_500 };
        await fleet.WarmAsync("m/a", 8);
        await fleet.WarmAsync("m/b", 8);
        Assert.Equal("m/a", await ShortAsync(fleet));
        Assert.Equal("m/b", await ShortAsync(fleet, ("x-routerd-deadline-ms", "900")));
    }

    [Fact]
    public async Task ASessionStaysAtHomeUntilLoadMakesItDear()
    {
        await using Fleet fleet = await Fleet.StartAsync(["slots: 2", "slots: 2", "slots: 2"]);
        string home = await fleet.ChooseAsync("pool", ("x-routerd-session", "s-1"));
        for (int i = 0; i < 15; i++)
            Assert.Equal(home, await fleet.ChooseAsync("pool", ("x-routerd-session", "s-1")));

        // Others fill the home's places; the session goes elsewhere instead of queueing.
        MockUpstream busy = fleet[home[2] - 'a'];
        busy.Default = MockBehaviour.Broken(MockFault.Stall);
        using var stop = new CancellationTokenSource();
        Task[] load = [.. Enumerable.Range(0, 4).Select(_ => IgnoreAsync(fleet.Client.StreamAsync(Chat.Body(home, "long"), stop.Token)))];
        await Eventually.TrueAsync(() => busy.InFlight == 4, TimeSpan.FromSeconds(5), () => "the load did not arrive");
        Assert.NotEqual(home, await fleet.ChooseAsync("pool", ("x-routerd-session", "s-1")));
        await stop.CancelAsync();
        await Task.WhenAll(load);
    }

    [Fact]
    public async Task ScoresOfAnswersMoveTheChoiceAndOutliveARestart()
    {
        using var home = new TempFolder();
        await using Fleet fleet = await Fleet.StartAsync(["quality: 0.5", "quality: 0.5"], home: home.Path);
        for (int i = 0; i < 30; i++)
        {
            string model = i % 2 == 0 ? "m/a" : "m/b";
            ChatReply reply = await fleet.Client.AskAsync(Chat.Body(model, "hi"));
            Assert.Equal(200, reply.Status);
            await ScoreAsync(fleet, reply.Header("x-request-id")!, i % 2 == 0 ? 0.05 : 0.95);
        }

        for (int i = 0; i < 6; i++)
            Assert.Equal("m/b", await fleet.ChooseAsync("pool:best"));
        await fleet.RestartAsync();
        for (int i = 0; i < 6; i++)
            Assert.Equal("m/b", await fleet.ChooseAsync("pool:best"));
    }

    /// <summary>Asks for a short answer, so that the objective decides and not the length of what follows.</summary>
    private static async Task<string> ShortAsync(Fleet fleet, params (string Name, string Value)[] headers)
    {
        ChatReply reply = await fleet.Client.AskAsync(Chat.Body("pool", "hi", ("max_tokens", 10)), headers);
        return reply.Status == 200 ? reply.Header("x-routerd-deployment")! : reply.ToString();
    }

    private static async Task ScoreAsync(Fleet fleet, string id, double score)
    {
        // The row follows the answer by a fraction of a second.
        await Eventually.TrueAsync(
            async () =>
            {
                using HttpResponseMessage response = await fleet.Client.PostAsync("/context/quality", Chat.Json($$"""{"request_id":"{{id}}","score":{{score.ToString(System.Globalization.CultureInfo.InvariantCulture)}}}"""));
                return response.IsSuccessStatusCode;
            },
            TimeSpan.FromSeconds(10), () => $"no row of {id}");
    }

    private static async Task IgnoreAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
            // Ended on purpose.
        }
    }
}
