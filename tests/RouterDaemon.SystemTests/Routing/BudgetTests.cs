using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Routing;

/// <summary>What may be spent in a period, counted in money that was really billed.</summary>
public sealed class BudgetTests
{
    // Each answer: about 20 prompt tokens and 4 words, at 1,000 USD a million about 0.02 to 0.03 USD.
    private const string Paid = "quality: 1, price: { input: 1000, output: 1000 }";

    [Fact]
    public async Task ASpentBudgetSendsRequestsElsewhereAndIsRemembered()
    {
        using var home = new TempFolder();
        await using Fleet fleet = await Fleet.StartAsync([Paid, "quality: 0"], "budgets: [{ id: daily, usd: 0.5, per: day, deployments: [m/a] }]\n", home.Path);
        var chosen = new List<string>();
        for (int i = 0; i < 40; i++)
        {
            ChatReply reply = await fleet.Client.AskAsync(Chat.Body("pool:best", "hi", ("max_tokens", 10)));
            Assert.True(reply.Status == 200, reply + fleet.Daemon.Log);
            chosen.Add(reply.Header("x-routerd-deployment")!);
        }

        Assert.Equal("m/a", chosen[0]);
        Assert.Equal("m/b", chosen[^1]);
        Assert.InRange(chosen.Count(c => c == "m/a"), 5, 35);

        ChatReply refused = await fleet.Client.AskAsync(Chat.Body("m/a", "hi", ("max_tokens", 10)));
        Assert.True(refused.Status == 402, refused.ToString());
        Assert.Contains("budget_exceeded", refused.ToString(), StringComparison.Ordinal);
        using (var db = new ContextDb(fleet.Daemon.Home))
        {
            // Never more than the limit, and the store says the same.
            await Eventually.TrueAsync(() => db.Number("SELECT count(*) FROM r_outcomes") >= 40, TimeSpan.FromSeconds(10), () => "rows are missing");
            double spent = double.Parse(db.Column("SELECT sum(cost_usd) FROM r_outcomes")[0], System.Globalization.CultureInfo.InvariantCulture);
            Assert.InRange(spent, 0.3, 0.5);
            Assert.Contains("routerd_budget_spent_usd{budget=\"daily\"} 0.", await fleet.Client.GetStringAsync("/metrics"), StringComparison.Ordinal);
        }

        Assert.DoesNotContain("does not act on it", fleet.Daemon.Log, StringComparison.Ordinal);
        int sent = fleet[0].Posts.Count;
        await fleet.RestartAsync();
        Assert.Equal(402, (await fleet.Client.AskAsync(Chat.Body("m/a", "hi", ("max_tokens", 10)))).Status);
        Assert.Equal(sent, fleet[0].Posts.Count);
    }

    [Fact]
    public async Task RequestsAtOnceDoNotOverspend()
    {
        await using Fleet fleet = await Fleet.StartAsync([Paid], "budgets: [{ id: hourly, usd: 0.5, per: hour }]\n");
        fleet[0].Default = new Bench.Mock.MockBehaviour { LatencyMs = 300, PromptTokens = 20, AnswerTokens = 10 };
        ChatReply[] replies = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => fleet.Client.AskAsync(Chat.Body("m/a", "hi", ("max_tokens", 10)))));
        Assert.All(replies, r => Assert.True(r.Status is 200 or 402, r.ToString()));
        Assert.InRange(replies.Count(r => r.Status == 200), 5, 17); // 0.03 USD each
        Assert.Equal(replies.Count(r => r.Status == 200), fleet[0].Posts.Count);
    }

    [Fact]
    public async Task AReloadRaisesTheLimit()
    {
        await using Fleet fleet = await Fleet.StartAsync([Paid], "budgets: [{ id: daily, usd: 0, per: day }]\n");
        Assert.Equal(402, (await fleet.Client.AskAsync(Chat.Body("m/a", "hi", ("max_tokens", 10)))).Status);
        Assert.Equal(0, fleet[0].TotalConnections);
        string file = Path.Combine(fleet.Daemon.Home, "routerd.yaml");
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("usd: 0,", "usd: 5,", StringComparison.Ordinal));
        fleet.Daemon.Signal(DaemonProcess.SigHup);
        await Eventually.TrueAsync(
            async () => (await fleet.Client.AskAsync(Chat.Body("m/a", "hi", ("max_tokens", 10)))).Status == 200, TimeSpan.FromSeconds(10), () => "the new limit is not used");
    }
}
