using System.Diagnostics;
using System.Globalization;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.Simulation;

namespace RouterDaemon.Benchmarks;

/// <summary>Prints tables of the simulator: <c>routing-tables --trace FILE --fleet NAME --policies a,b --seeds N --load X ...</c>.</summary>
internal static class RoutingTables
{
    public static int Run(string[] args)
    {
        string Option(string name, string fallback)
        {
            var i = Array.IndexOf(args, "--" + name);
            return i >= 0 && i + 1 < args.Length ? args[i + 1] : fallback;
        }

        double Number(string name, double fallback) => double.Parse(Option(name, fallback.ToString(CultureInfo.InvariantCulture)), CultureInfo.InvariantCulture);

        var path = Option("trace", "");
        var bytes = File.ReadAllBytes(path);
        var name = Path.GetFileNameWithoutExtension(path);
        var trace = path.EndsWith(".csv", StringComparison.Ordinal) ? TraceParser.ParseAzure(name, bytes) : TraceParser.ParseMooncake(name, bytes);
        var policies = Option("policies", "all") is var p && p == "all" ? [.. RoutingPolicies.Table.Select(r => r.Name)] : p.Split(',');
        var alpha = Number("alpha", double.NaN);
        foreach (var load in Option("load", "1").Split(','))
        {
            var options = new SimulationOptions
            {
                Trace = trace,
                Fleet = SimFleet.BuiltIn.Single(f => f.Name == Option("fleet", "homogeneous-8")),
                Policies = policies,
                Seeds = (int)Number("seeds", 1),
                Load = double.Parse(load, CultureInfo.InvariantCulture),
                StalenessMs = Number("staleness-ms", 50),
                SloTtftMs = Number("slo-ttft-ms", 3000),
                SloTpotMs = Number("slo-tpot-ms", 60),
                Noise = Number("noise", 0),
                Alpha = double.IsNaN(alpha) ? null : alpha,
                StaticChainCap = (int)Number("chain-cap", 64),
            };
            var watch = Stopwatch.StartNew();
            var result = Simulator.Run(options);
            Print(result, watch.Elapsed.TotalSeconds);
        }

        return 0;
    }

    private static void Print(SimulationResult result, double seconds)
    {
        var o = result.Options;
        Console.WriteLine(FormattableString.Invariant(
            $"\n{o.Trace.Name}, {o.Fleet.Name}, load {o.Load}, staleness {o.StalenessMs} ms, {o.Seeds} seeds, {seconds:F1} s"));
        Console.WriteLine("| policy | goodput % | TTFT mean | p50 | p90 | p99 s | TPOT mean | p99 ms | E2E s | hit % | $/1k | utility | rejected | TTFT error p50 | shares % |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var s in result.Policies)
        {
            var shares = string.Join(' ', s.Runs[0].Shares.Select(x => (x * 100).ToString("F0", CultureInfo.InvariantCulture)));
            Console.WriteLine(FormattableString.Invariant(
                $"| {s.Name} | {s.Goodput * 100:F1}±{s.GoodputSd * 100:F1} | {s.TtftMs.Mean / 1e3:F2} | {s.TtftMs.P50 / 1e3:F2} | {s.TtftMs.P90 / 1e3:F2} | {s.TtftMs.P99 / 1e3:F1} | {s.TpotMs.Mean:F1} | {s.TpotMs.P99:F0} | {s.E2eMs.Mean / 1e3:F2} | {s.HitRate * 100:F1} | {s.CostUsdPer1k:F2} | {s.Utility:F2}±{s.UtilitySd:F2} | {s.Rejected:F0} | {s.Runs.Average(r => r.TtftErrorP50):F2} | {shares} |"));
        }
    }
}
