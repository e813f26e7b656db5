using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Agents.Planning;
using RouterDaemon.Agents.Tools;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Replay;
using RouterDaemon.Core.Routing;
using RouterDaemon.Store;
using RouterDaemon.Store.Context;
using RouterDaemon.Store.Journal;
using RouterDaemon.Store.Records;
using RouterDaemon.Tests.Core.Routing;
using RouterDaemon.Tests.Store;
using Xunit;

namespace RouterDaemon.Tests.Agents;

/// <summary>compare_policies on a live store whose three deployments differ: what round robin costs is seen, and the cheapest has no regret.</summary>
public sealed class ComparePoliciesTests : IAsyncLifetime
{
    private const int Count = 30;
    private readonly TempFolder _folder = new();
    private readonly FixedTime _time = new(DateTimeOffset.UnixEpoch.AddMicroseconds(Store.Records.Start).AddHours(1));
    private ContextStore? _store;
    private ContextReader? _reader;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _store = ContextStore.Open(_folder.File("context.db"), _time);
        using var journal = RequestJournal.Open(_folder.File("journal"), new JournalOptions { CapacityRecords = 1024 });
        await using (var drain = await JournalDrain.StartAsync(_store, journal, "v1", e => Assert.Fail(e.ToString()), Ct))
        {
            var router = new Router(new RouterOptions { Policy = "round_robin", Exploration = 0 });
            FleetSnapshot fleet = Fleets.Equal(3, i => Fleets.Entry(i, price: 10 * i));
            var samples = new List<DecisionSample>();
            for (var i = 0; i < Count; i++)
            {
                RouteRequest request = Fleets.Request();
                DecisionInputs inputs = DecisionInputs.Capture(router, fleet.All, in request, [], i + 1)!;
                var decision = default(RouteDecision);
                Assert.Equal(RouteResult.Chosen, router.Choose(fleet.All, in request, [], i + 1, ref decision, out RouteLease lease));
                Assert.True(inputs.Conclude(in decision, fleet.All));
                Fleets.Finish(router, ref lease, i + 1, OutcomeKind.Cancelled);
                var record = Store.Records.Routed(journal, (ulong)i, RequestOutcome.Success);
                record.StartUnixMicros = Store.Records.Start + (i * 1_000_000L);
                record.DeploymentName = journal.Intern(fleet.Deployments[decision.Winner].Id);
                Assert.True(journal.TryAppend(record));
                samples.Add(new DecisionSample(record.Id.ToString(), DecisionInputs.Format, inputs.ToBytes(), _time.Now.AddMinutes(-30).AddSeconds(i)));
            }

            await drain.FlushAsync(Ct);
            await _store.AddDecisionsAsync(samples, cancellation: Ct);
        }

        _reader = new ContextReader(_folder.File("context.db"), _time);
    }

    public async ValueTask DisposeAsync()
    {
        _reader!.Dispose();
        await _store!.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task TheLeastRegretIsFirstAndEverythingComesOutTheSame()
    {
        var result = await CallAsync("""{"policies":"round_robin, min_ttft,priced"}""");
        var samples = result["samples"]!;
        Assert.Equal((Count, Count, 0), ((int)samples["recorded"]!, (int)samples["reproduced"]!, (int)samples["other_format"]!));
        Assert.Equal(Count, (int)result["requests"]!);
        var policies = ((JsonArray)result["policies"]!).Select(p => p!).ToDictionary(p => (string)p["name"]!);
        Assert.Equal("recorded", (string?)result["policies"]![0]!["name"]);
        Assert.Equal("priced", (string?)result["best"]);
        Assert.Equal(0, (double)policies["priced"]["regret_usd_per_1k"]!);
        Assert.Equal(Count, (int)policies["priced"]["choices"]!["m/b0"]!);
        Assert.Equal(1, (double)policies["round_robin"]["agreement"]!);
        Assert.Equal((double)policies["recorded"]["regret_usd_per_1k"]!, (double)policies["round_robin"]["regret_usd_per_1k"]!);
        Assert.True((double)policies["recorded"]["regret_usd_per_1k"]! > 0);
        Assert.Equal(10, (int)policies["recorded"]["choices"]!["m/b2"]!);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(29, 29)]
    [InlineData(500, Count)]
    public async Task OnlyTheNewestAreRead(int limit, int expected)
    {
        var result = await CallAsync($$"""{"limit":{{limit}}}""");
        Assert.Equal(expected, (int)result["samples"]!["recorded"]!);
        Assert.Equal(expected, (int)result["requests"]!);
        Assert.Equal(RoutingPolicies.Table.Count + 1, ((JsonArray)result["policies"]!).Count);
    }

    [Fact]
    public async Task ATimeWithoutSamplesHasNoPolicies()
    {
        var result = await CallAsync("""{"since":"7 days ago","until":"yesterday"}""");
        Assert.Empty((JsonArray)result["policies"]!);
        Assert.Null(result["best"]);
        Assert.Empty((JsonArray)result["calibration"]!);
    }

    [Theory]
    [InlineData("""{"policies":"fastest"}""", "there is no policy fastest")]
    [InlineData("""{"limit":0}""", "1..500")]
    [InlineData("""{"limit":501}""", "1..500")]
    public async Task WrongArgumentsAreNamed(string arguments, string message)
    {
        var result = await CallAsync(arguments);
        Assert.Equal("INVALID_PARAMETER", (string?)result["code"]);
        Assert.Contains(message, (string?)result["message"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task ThePlannerAnswersFromIt()
    {
        var plan = Planner.Plan("Would another policy have been better today?", new JsonObject { ["deployments"] = new JsonArray() });
        Assert.Equal(Intent.Policies, plan.Intent);
        Assert.Equal("compare_policies", plan.Calls[0].Tool);
        var text = AnswerWriter.Write(plan, [await CallAsync("{}")]);
        Assert.Contains($"{Count} sampled decisions taken again; least regret: ", text, StringComparison.Ordinal);
        Assert.Contains("- recorded: regret ", text, StringComparison.Ordinal);
    }

    private async Task<JsonObject> CallAsync(string arguments)
    {
        using var json = JsonDocument.Parse(arguments);
        return await new ToolRegistry(_reader!).InvokeAsync("compare_policies", json.RootElement, Ct);
    }
}
