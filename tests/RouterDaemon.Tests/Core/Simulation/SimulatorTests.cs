using System.Text;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.Simulation;
using Xunit;

namespace RouterDaemon.Tests.Core.Simulation;

public sealed class SimulatorTests
{
    private static readonly SimTrace Trace = MakeTrace(1500, requestsPerSecond: 3);

    public static TheoryData<string> Policies => [.. RoutingPolicies.Table.Select(p => p.Name), Simulator.Clairvoyant];

    [Theory]
    [MemberData(nameof(Policies))]
    public void EveryRequestIsServedAndTheSameSeedGivesTheSameBits(string policy)
    {
        var options = Options(SimFleet.LocalClusterApi, policy) with { Seeds = 2 };
        var first = Run(options).Policies[0];
        var second = Run(options).Policies[0];
        Assert.Equal(first.Runs[0] with { Shares = [] }, second.Runs[0] with { Shares = [] });
        Assert.Equal(first.Runs[1].Shares, second.Runs[1].Shares);
        if (policy == "random")
            Assert.NotEqual(first.Runs[0].TtftMs, first.Runs[1].TtftMs);
        Assert.Equal(0, first.Rejected);
        Assert.Equal(1, first.Runs[0].Shares.Sum(), 9);
    }

    [Fact]
    public void AnIdleEngineTakesExactlyItsStepTimes()
    {
        var rows = new TraceRows();
        rows.Add(0, 1000, 3);
        var trace = rows.Build("one", 0, 0);
        var run = Run(new SimulationOptions
        {
            Trace = trace,
            Fleet = new SimFleet("one", [new SimReplica()]),
            Policies = ["random"],
            WarmUp = 0,
        }).Policies[0];
        // One prefill step, then two decode steps with 1,001 and 1,002 tokens in the cache.
        var prefill = 18 + (0.0628 * 1000) + (2e-6 * 1000 * 500);
        Assert.Equal(prefill, run.TtftMs.Mean, 3);
        Assert.Equal(18 + 0.15 + (40e-6 * 1001.5), run.TpotMs.Mean, 3);
    }

    [Fact]
    public void PrivateRequestsStayHome()
    {
        var fleet = SimFleet.LocalClusterApi with { PrivateShare = 1 };
        var shares = Run(Options(fleet, "random")).Policies[0].Runs[0].Shares;
        Assert.Equal(0, shares[2] + shares[3]);
    }

    [Fact]
    public void SharedPrefixesHit()
    {
        var rows = new TraceRows();
        for (var i = 0; i < 50; i++)
        {
            for (ulong b = 0; b < 10; b++)
                rows.AddBlock(b);
            rows.Add(i * 10, 5120, 10);
        }

        var run = Run(Options(SimFleet.Homogeneous8, "priced") with { Trace = rows.Build("shared", 512, 0), WarmUp = 0 }).Policies[0];
        Assert.InRange(run.HitRate, 0.8, 1);
    }

    [Theory]
    [InlineData("stalls")]
    [InlineData("dead")]
    [InlineData("refusals")]
    public void PricedDoesNotCollapse(string fault)
    {
        var replicas = SimFleet.LocalClusterApi.Replicas.ToArray();
        replicas[1] = fault switch
        {
            "stalls" => replicas[1] with { Stall = new SimStall(100, 20, 0) },
            "dead" => replicas[1] with { DeadFromSeconds = 100, DeadUntilSeconds = 300 },
            _ => replicas[1] with { RejectAbove = 4 },
        };
        var fleet = SimFleet.LocalClusterApi with { Replicas = replicas };
        var run = Run(Options(fleet, "priced", "sequential")).Policies;
        var calm = Run(Options(SimFleet.LocalClusterApi, "priced")).Policies[0];
        Assert.InRange(run[0].Rejected, 0, 0.02 * Trace.Count);
        Assert.InRange(run[0].Utility, calm.Utility - 3, calm.Utility + 1);
        Assert.InRange(run[0].Goodput, 0.75, 1);
    }

    [Fact]
    public void BadOptionsAreRefusedByName()
    {
        Assert.Contains("\"best\"", Assert.Throws<ArgumentException>(() => Run(Options(SimFleet.Mixed8, "best"))).Message);
        Assert.Throws<ArgumentException>(() => Run(Options(SimFleet.Mixed8, "random") with { Load = 0 }));
        Assert.Throws<ArgumentException>(() => Run(Options(SimFleet.Mixed8, "random") with { Seeds = 0 }));
        Assert.Throws<ArgumentException>(() => Run(Options(SimFleet.Mixed8, "random") with { Seeds = 1001 }));
        Assert.Throws<ArgumentException>(() => Run(Options(SimFleet.Mixed8, "random") with { WarmUp = 1 }));
    }

    [Fact]
    public void TracesAreReadAndBadLinesNamed()
    {
        var mooncake = TraceParser.ParseMooncake("m", "{\"timestamp\":3000,\"input_length\":1100,\"output_length\":5,\"hash_ids\":[1,2,3]}\r\n\n"u8);
        Assert.Equal((1, 3.0, 1100, 5, 2), (mooncake.Count, mooncake.ArrivalSeconds[0], mooncake.InputTokens[0], mooncake.OutputTokens[0], mooncake.Blocks(0).Length));
        var azure = TraceParser.ParseAzure("a", "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:17:04.0319600,3180,8"u8);
        Assert.Equal((2, 4808, 8), (azure.Count, azure.InputTokens[0], azure.OutputTokens[1]));
        Assert.Equal(0.052, azure.ArrivalSeconds[1], 6);
        Assert.Contains("m:1", Assert.Throws<FormatException>(() => TraceParser.ParseMooncake("m", "{\"timestamp\":3}"u8)).Message);
        Assert.Contains("a:3", Assert.Throws<FormatException>(() => TraceParser.ParseAzure("a", "h\n2023-11-16 18:17:03,1,2\n2023,x"u8)).Message);
    }

    /// <summary>Runs only where the public traces stand beside the repository.</summary>
    [Fact]
    public void BaselinesAgreeWithThePublishedTableWhereTracesExist()
    {
        if (FindTrace("mooncake_conversation.jsonl") is not { } path)
            return;
        var trace = TraceParser.ParseMooncake("mooncake_conversation", File.ReadAllBytes(path));
        string[] names = ["random", "round_robin", "p2c", "least_request", "least_tokens", "cache_aware", "dynamo", "lmetric", "llmd_optimized", "priced"];
        double[] published = [50.4, 61.2, 66.8, 74.1, 76.7, 76.7, 76.1, 83.4, 79.1, double.NaN];
        var result = Run(Options(SimFleet.Homogeneous8, names) with { Trace = trace });
        for (var i = 0; i < names.Length - 1; i++)
            Assert.InRange(result.Policies[i].Goodput * 100, published[i] - 3.5, published[i] + 3.5);
        Assert.True(result.Policies[^1].Goodput > result.Policies[7].Goodput + 0.03);
    }

    private static SimulationResult Run(SimulationOptions options) => Simulator.Run(options, null, TestContext.Current.CancellationToken);

    private static string? FindTrace(string name)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "..", "shared", "traces", name);
            if (File.Exists(Path.Combine(folder.FullName, "RouterDaemon.sln")))
                return File.Exists(path) ? path : null;
        }

        return null;
    }

    private static SimulationOptions Options(SimFleet fleet, params string[] policies) => new() { Trace = Trace, Fleet = fleet, Policies = policies };

    private static SimTrace MakeTrace(int count, double requestsPerSecond)
    {
        var random = new Random(3);
        var text = new StringBuilder("TIMESTAMP,ContextTokens,GeneratedTokens\n");
        var time = new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        for (var i = 0; i < count; i++)
        {
            time = time.AddSeconds(-Math.Log(1 - random.NextDouble()) / requestsPerSecond);
            text.Append($"{time:yyyy-MM-dd HH:mm:ss.fffffff},{random.Next(50, 4000)},{random.Next(1, 120)}\n");
        }

        return TraceParser.ParseAzure("synthetic", Encoding.UTF8.GetBytes(text.ToString()));
    }
}
