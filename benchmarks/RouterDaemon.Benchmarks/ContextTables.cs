using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RouterDaemon.Agents.Tools;
using RouterDaemon.Store;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Benchmarks;

/// <summary>
/// Times every context tool on a store of many requests: <c>context-tables [--rows 10000000] [--file FILE] [--runs 5]</c>. A file that does not exist is
/// built first. Exit code 1 when a call's median is over the limit.
/// </summary>
internal static class ContextTables
{
    private const double LimitMs = 100;

    public static async Task<int> RunAsync(string[] args)
    {
        string Option(string name, string fallback)
        {
            var i = Array.IndexOf(args, "--" + name);
            return i >= 0 && i + 1 < args.Length ? args[i + 1] : fallback;
        }

        var rows = int.Parse(Option("rows", "10000000"), CultureInfo.InvariantCulture);
        var file = Path.GetFullPath(Option("file", Path.Combine(Path.GetTempPath(), $"routerd-context-{rows}.db")));
        var runs = int.Parse(Option("runs", "5"), CultureInfo.InvariantCulture);
        if (!File.Exists(file))
        {
            await ManyRequests.BuildAsync(file, rows);
        }

        // Brings a file of an older version up to date.
        await using (var store = ContextStore.Open(file, TimeProvider.System))
        {
            await SampledDecisions.AddAsync(store);
        }

        using var reader = new ContextReader(file, new StoppedClock(ManyRequests.End));
        var registry = new ToolRegistry(reader);
        Console.WriteLine(FormattableString.Invariant(
            $"{rows} requests over {ManyRequests.Days} days, {ManyRequests.Users} users, {new FileInfo(file).Length >> 20} MiB\n\n| call | first ms | median ms | CPU ms | KiB allocated | rows |\n|---|---|---|---|---|---|"));
        var newest = (string)(await registry.InvokeAsync("get_recent_requests", default))["requests"]![0]!["id"]!;
        var slow = 0;
        foreach (var (tool, arguments) in ContextCalls.All)
        {
            slow += await MeasureAsync(
                registry, tool, arguments.Replace("NEWEST", newest, StringComparison.Ordinal), runs) > LimitMs ? 1 : 0;
        }

        Console.WriteLine(FormattableString.Invariant($"\n{ContextCalls.All.Count} calls, {slow} with a median over {LimitMs} ms"));
        return slow == 0 ? 0 : 1;
    }

    private static async Task<double> MeasureAsync(ToolRegistry registry, string tool, string arguments, int runs)
    {
        using var json = JsonDocument.Parse(arguments);
        var times = new List<double>(runs);
        var cpu = new List<double>(runs);
        var rows = "";
        var bytes = 0L;
        for (var run = 0; run < runs; run++)
        {
            var cpuBefore = Environment.CpuUsage.TotalTime;
            bytes = GC.GetTotalAllocatedBytes(precise: true);
            var start = Stopwatch.GetTimestamp();
            var result = await registry.InvokeAsync(tool, json.RootElement);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
            cpu.Add((Environment.CpuUsage.TotalTime - cpuBefore).TotalMilliseconds);
            if (ToolRegistry.IsError(result))
            {
                throw new InvalidOperationException($"{tool} {arguments}: {result.ToJsonString()}");
            }

            rows = result.Select(p => p.Value).OfType<System.Text.Json.Nodes.JsonArray>().FirstOrDefault()?.Count.ToString(CultureInfo.InvariantCulture) ?? "1";
        }

        var first = times[0];
        times.Sort();
        cpu.Sort();
        var median = times[times.Count / 2];
        Console.WriteLine(FormattableString.Invariant($"| `{tool} {arguments}` | {first:F1} | {median:F1} | {cpu[cpu.Count / 2]:F1} | {bytes / 1024} | {rows} |"));
        return median;
    }

    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
