using System.Diagnostics;
using System.Globalization;

namespace RouterDaemon.Benchmarks;

/// <summary>
/// The fastest of many short batches: what the code costs when nothing else runs, on a machine where something always does. For a first look; quote
/// BenchmarkDotNet's figures from a quiet machine.
/// </summary>
internal static class Quick
{
    private const int Batches = 4000;

    public static int Run()
    {
        foreach (var deployments in new[] { 8, 64 })
        {
            var routing = new RoutingBenchmarks { Deployments = deployments };
            routing.Setup();
            Measure($"choose and release, {deployments} deployments", 200, () => routing.ChooseAndRelease());
            Measure($"sequential and release, {deployments} deployments", 200, () => routing.SequentialAndRelease());
            Measure($"choose and release with 32 prefixes, {deployments} deployments", 100, () => routing.ChooseAndReleaseWithPrefixes());
        }

        var wire = new WireBenchmarks();
        Measure("peek 4 KB", 100, () => wire.Peek4KB() ? 1 : 0);
        Measure("peek 4 KB with hashes", 100, () => wire.Peek4KBWithHashes() ? 1 : 0);
        Measure("hash 48 KB", 20, wire.Hash48KB);
        Measure("scan event", 1000, wire.ScanEvent);
        Measure("scan event and chunk", 200, wire.ScanEventAndChunk);
        return 0;
    }

    private static void Measure(string name, int operations, Func<int> action)
    {
        var best = long.MaxValue;
        var sum = 0;
        for (var batch = 0; batch < Batches; batch++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var i = 0; i < operations; i++)
                sum += action();
            best = Math.Min(best, Stopwatch.GetTimestamp() - start);
        }

        GC.KeepAlive(sum);
        var ns = best * 1e9 / Stopwatch.Frequency / operations;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-60} {ns,10:F1} ns"));
    }
}
