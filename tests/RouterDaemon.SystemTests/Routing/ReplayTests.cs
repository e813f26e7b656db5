using System.Text.Json;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Routing;

/// <summary>What was recorded is judged by another process: the same binary's <c>replay</c> and <c>simulate</c>.</summary>
public sealed class ReplayTests
{
    [Fact]
    public async Task RecordedDecisionsComeOutTheSameAndOthersAreJudged()
    {
        await using Fleet fleet = await Fleet.StartAsync(["quality: 0.6", "quality: 0.5", "quality: 0.5, price: { input: 2, output: 6 }"]);
        fleet[0].Default = new MockBehaviour { FirstTokenMs = 250, AnswerTokens = 12, TokensPerSecond = 200 };
        fleet[1].Default = new MockBehaviour { FirstTokenMs = 40, AnswerTokens = 12, TokensPerSecond = 100 };
        foreach (string model in new[] { "m/a", "m/b", "m/c" })
            await fleet.WarmAsync(model, 5);
        for (int i = 0; i < 12; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 3).Select(k => fleet.Client.StreamAsync(Chat.Body(
                "pool", new string((char)('a' + k), 2000), ("max_tokens", 20), ("route", new System.Text.Json.Nodes.JsonObject { ["session"] = $"s{k}" })))));
        }

        await fleet.Client.AskAsync(Chat.Body("pool", "hi"), ("x-routerd-policy", "round_robin"));
        string home = fleet.Daemon.Home;
        fleet.Daemon.Signal(DaemonProcess.SigTerm);
        await fleet.Daemon.WaitForExitAsync(TimeSpan.FromSeconds(15));

        JsonElement report = await RunAsync(home, "replay", "--since", "1h", "--policies", "priced,random,sequential,round_robin,min_ttft", "--json");
        Assert.Equal(52, report.GetProperty("requests").GetInt32());
        JsonElement samples = report.GetProperty("samples");
        Assert.InRange(samples.GetProperty("recorded").GetInt32(), 30, 52);
        Assert.Equal(samples.GetProperty("recorded").GetInt32(), samples.GetProperty("reproduced").GetInt32());
        Assert.Equal(0, samples.GetProperty("different").GetArrayLength());
        JsonElement slow = report.GetProperty("calibration").EnumerateArray().Single(c => c.GetProperty("deployment").GetString() == "m/a");
        Assert.InRange(slow.GetProperty("ttft").GetProperty("p50_measured_ms").GetDouble(), 240, 900);
        Assert.True(slow.GetProperty("ttft").GetProperty("p90_error_ms").GetDouble() >= slow.GetProperty("ttft").GetProperty("p50_error_ms").GetDouble());
        Assert.True(slow.GetProperty("itl").GetProperty("samples").GetInt32() > 0);
        Dictionary<string, JsonElement> policies = report.GetProperty("policies").EnumerateArray().ToDictionary(p => p.GetProperty("name").GetString()!);
        Assert.Equal(["recorded", "priced", "random", "sequential", "round_robin", "min_ttft"], policies.Keys);
        Assert.Equal(1, policies["recorded"].GetProperty("agreement").GetDouble());
        double Regret(string name) => policies[name].GetProperty("regret_usd_per_1k").GetDouble();
        Assert.True(Regret("priced") <= Regret("random") && Regret("random") > 0, report.ToString());
        Assert.True(policies["min_ttft"].GetProperty("ttft_ms").GetProperty("mean").GetDouble() <= policies["sequential"].GetProperty("ttft_ms").GetProperty("mean").GetDouble());

        JsonElement simulated = await RunAsync(home, "simulate", "--trace", "recorded", "--policies", "priced,round_robin", "--json");
        Assert.Equal("recorded", simulated.GetProperty("trace").GetString());
        Assert.Equal(2, simulated.GetProperty("policies").GetArrayLength());
    }

    [Theory]
    [InlineData(2, "replay", "--policies", "no_such")]
    [InlineData(2, "replay", "--since", "the day before")]
    [InlineData(2, "simulate", "--trace", "recorded")]
    public async Task WrongUsageIsSaid(int code, params string[] arguments)
    {
        using var home = new TempFolder();
        Directory.CreateDirectory(Path.Combine(home.Path, "data"));
        (int exit, string output, string error) = await DaemonBinary.RunAsync(new DaemonOptions { Home = home.Path, Arguments = ["context", "seed"] }, TimeSpan.FromSeconds(60));
        Assert.True(exit == 0, error);
        (exit, output, error) = await DaemonBinary.RunAsync(new DaemonOptions { Home = home.Path, Arguments = arguments }, TimeSpan.FromSeconds(60));
        Assert.True(exit == code && error.Length > 0 && output.Length == 0, $"{exit} {output} {error}");
    }

    private static async Task<JsonElement> RunAsync(string home, params string[] arguments)
    {
        (int exit, string output, string error) = await DaemonBinary.RunAsync(new DaemonOptions { Home = home, Arguments = arguments }, TimeSpan.FromSeconds(60));
        Assert.True(exit == 0, error + output);
        return Chat.Parse(output);
    }
}
