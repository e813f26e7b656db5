using System.Globalization;
using System.Text;
using System.Text.Json;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.Simulation;

namespace RouterDaemon.Benchmarks;

/// <summary>
/// The tables and the chart of <c>benchmarks/README.md</c>: <c>routing-report --traces FOLDER [--cells a,b] [--policies a,b] [--seeds 10]</c>. Rows that are run
/// replace those of the same cell, load and policy in <c>results/routing.json</c>; tables and chart are made of all rows.
/// </summary>
internal static class RoutingReport
{
    public static int Run(string[] args)
    {
        string Option(string name, string fallback)
        {
            var i = Array.IndexOf(args, "--" + name);
            return i >= 0 && i + 1 < args.Length ? args[i + 1] : fallback;
        }

        var folder = Option("out", Path.Combine("benchmarks", "results"));
        var file = Path.Combine(folder, "routing.json");
        Directory.CreateDirectory(folder);
        var rows = File.Exists(file)
            ? [.. File.ReadAllLines(file).Where(l => l.StartsWith('{')).Select(l => JsonSerializer.Deserialize(l.TrimEnd(','), RoutingResultJson.Default.RoutingResult)!)]
            : new List<RoutingResult>();
        string[] all = [.. RoutingPolicies.Table.Select(p => p.Name), Simulator.Clairvoyant];
        var policies = Option("policies", "all") is var names && names == "all" ? all : names.Split(',');
        var cells = Option("cells", "all");
        var seeds = int.Parse(Option("seeds", "10"), CultureInfo.InvariantCulture);
        foreach (var cell in RoutingCell.All.Where(c => cells == "all" || cells.Split(',').Contains(c.Name)))
        {
            foreach (var load in cell.Loads)
            {
                Simulate(rows, cell, load, policies, seeds, Option("traces", "../shared/traces"));
                Save(file, rows, all);
            }
        }

        Save(file, rows, all);
        File.WriteAllText(Path.Combine(folder, "routing.md"), Tables(rows, all));
        File.WriteAllText(Path.Combine(folder, "routing.svg"), RoutingChart.Draw(rows));
        return 0;
    }

    private static void Simulate(List<RoutingResult> rows, RoutingCell cell, double load, string[] policies, int seeds, string traces)
    {
        var path = Path.Combine(traces, cell.Trace);
        var name = Path.GetFileNameWithoutExtension(path);
        var bytes = File.ReadAllBytes(path);
        var result = Simulator.Run(new SimulationOptions
        {
            Trace = path.EndsWith(".csv", StringComparison.Ordinal) ? TraceParser.ParseAzure(name, bytes) : TraceParser.ParseMooncake(name, bytes),
            Fleet = SimFleet.BuiltIn.Single(f => f.Name == cell.Fleet),
            Policies = policies,
            Seeds = seeds,
            Load = load,
        });
        foreach (var p in result.Policies)
        {
            rows.RemoveAll(r => r.Cell == cell.Name && r.Load == load && r.Policy == p.Name);
            rows.Add(new RoutingResult(
                cell.Name, load, p.Name, seeds, Round(p.Goodput, 4), Round(p.GoodputSd, 4), Round(p.TtftMs.P99, 0), Round(p.TpotMs.Mean, 1), Round(p.HitRate, 4),
                Round(p.CostUsdPer1k, 2), Round(p.Utility, 2), Round(p.UtilitySd, 2), Round(p.Rejected, 0)));
            Console.WriteLine(FormattableString.Invariant($"{cell.Name} {load} {p.Name}: goodput {p.Goodput * 100:F1}, TTFT p99 {p.TtftMs.P99 / 1e3:F1} s, utility {p.Utility:F2}"));
        }
    }

    private static double Round(double value, int digits) => Math.Round(value, digits);

    private static void Save(string file, List<RoutingResult> rows, string[] policies)
    {
        var order = RoutingCell.All.Select(c => c.Name).ToList();
        rows.Sort((a, b) => (order.IndexOf(a.Cell), a.Load, Array.IndexOf(policies, a.Policy)).CompareTo((order.IndexOf(b.Cell), b.Load, Array.IndexOf(policies, b.Policy))));
        File.WriteAllText(file, $"[\n{string.Join(",\n", rows.Select(r => JsonSerializer.Serialize(r, RoutingResultJson.Default.RoutingResult)))}\n]\n");
    }

    private static string Tables(List<RoutingResult> rows, string[] policies)
    {
        var text = new StringBuilder();
        foreach (var cell in RoutingCell.All)
        {
            var own = rows.Where(r => r.Cell == cell.Name).ToList();
            if (own.Count == 0)
                continue;
            text.AppendLine(CultureInfo.InvariantCulture, $"**{cell.Title}**{(cell.Loads.Length > 1 ? "" : Invariant($", load {cell.Loads[0]}"))}\n");
            var columns = new List<(string Head, Func<RoutingResult, string> Cell, double[] Loads)>
            {
                ("goodput %", r => Invariant($"{r.Goodput * 100:F1}±{r.GoodputSd * 100:F1}"), cell.Loads),
                ("TTFT p99 s", r => Invariant($"{r.TtftP99Ms / 1e3:F1}"), cell.Loads),
            };
            if (cell.HasPrices)
            {
                columns.Insert(0, ("utility", r => Invariant($"{r.Utility:F2}±{r.UtilitySd:F2}"), cell.Loads));
                columns.Add(("$/1k", r => Invariant($"{r.CostUsdPer1k:F2}"), cell.Loads));
            }
            else
            {
                columns.Add(("TPOT mean ms", r => Invariant($"{r.TpotMeanMs:F1}"), [cell.Loads[cell.Loads.Length / 2]]));
                columns.Add(("hit %", r => Invariant($"{r.HitRate * 100:F1}"), [cell.Loads[cell.Loads.Length / 2]]));
            }

            if (cell.Loads.Length == 1)
                columns.Add(("unserved", r => Invariant($"{r.Rejected:F0}"), cell.Loads));
            var heads = columns.SelectMany(c => c.Loads.Select(l => cell.Loads.Length > 1 ? Invariant($"{c.Head} at {l}") : c.Head)).ToList();
            text.AppendLine(CultureInfo.InvariantCulture, $"| policy | {string.Join(" | ", heads)} |");
            text.AppendLine(CultureInfo.InvariantCulture, $"|---|{string.Concat(Enumerable.Repeat("---|", heads.Count))}");
            foreach (var policy in policies.Where(p => own.Any(r => r.Policy == p)))
            {
                var shown = policy == RoutingPolicies.DefaultName ? $"**{policy}**" : policy == Simulator.Clairvoyant ? $"*{policy}*" : policy;
                var cells = columns.SelectMany(c => c.Loads.Select(l => own.FirstOrDefault(r => r.Policy == policy && r.Load == l) is { } r ? c.Cell(r) : "-"));
                text.AppendLine(CultureInfo.InvariantCulture, $"| {shown} | {string.Join(" | ", cells)} |");
            }

            text.AppendLine();
        }

        return text.ToString();
    }

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
