using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace RouterDaemon.Benchmarks;

/// <summary>
/// The fastest and the middle one of many short batches, and bytes allocated: what the code costs when nothing else runs, on a machine where something
/// always does. Published with AOT it measures what ships.
/// </summary>
internal static class Quick
{
    private const int Batches = 4000;

    /// <summary>Measures everything whose name contains one of <paramref name="names"/>; none = all.</summary>
    public static int Run(string[] names)
    {
        Console.WriteLine($"{(RuntimeFeature.IsDynamicCodeSupported ? "JIT" : "native")}, {"fastest",47} {"median",9} ns {"bytes",6}");
        foreach (var deployments in new[] { 8, 64, 512 })
        {
            var routing = new RoutingBenchmarks { Deployments = deployments };
            routing.Setup();
            Measure(names, $"choose, {deployments} deployments", RoutingBenchmarks.Burst, routing.ChooseBurst, routing.ReleaseBurst);
            Measure(names, $"choose sequential, {deployments} deployments", RoutingBenchmarks.Burst, routing.ChooseSequentialBurst, routing.ReleaseBurst);
            Measure(names, $"choose with 32 prefixes, {deployments} deployments", RoutingBenchmarks.Burst, routing.ChooseBurstWithPrefixes, routing.ReleaseBurst);
            Measure(names, $"choose with session, {deployments} deployments", RoutingBenchmarks.Burst, routing.ChooseBurstWithSession, routing.ReleaseBurst);
            Measure(names, $"choose and release, {deployments} deployments", 100, Repeat(100, routing.ChooseAndRelease));
        }

        var wire = new WireBenchmarks();
        Measure(names, "peek 4 KB", 100, Repeat(100, () => wire.Peek4KB() ? 1 : 0));
        Measure(names, "peek 4 KB with hashes", 100, Repeat(100, () => wire.Peek4KBWithHashes() ? 1 : 0));
        Measure(names, "peek agent turn, 4 KB", 100, Repeat(100, () => wire.PeekAgentTurn() ? 1 : 0));
        Measure(names, "Utf8JsonReader over the same 4 KB", 100, Repeat(100, wire.ReadTokens4KB));
        Measure(names, "hash 48 KB", 20, Repeat(20, wire.Hash48KB));
        Measure(names, "copy 48 KB", 20, Repeat(20, wire.Copy48KB));
        Measure(names, "scan event", 1000, Repeat(1000, wire.ScanEvent));
        Measure(names, "scan event and chunk", 200, Repeat(200, wire.ScanEventAndChunk));
        Measure(names, "canary: must allocate 24 bytes", 1000, Repeat(1000, () => new object().GetHashCode()));
        return 0;
    }

    private static Func<int> Repeat(int times, Func<int> action) => () =>
    {
        var sum = 0;
        for (var i = 0; i < times; i++)
            sum += action();
        return sum;
    };

    private static void Measure(string[] names, string name, int operations, Func<int> batch, Action? after = null)
    {
        if (names.Length > 0 && !Array.Exists(names, part => name.Contains(part, StringComparison.Ordinal)))
            return;
        var ticks = new long[Batches];
        var bytes = long.MaxValue;
        var sum = 0;
        for (var i = 0; i < Batches; i++)
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var start = Stopwatch.GetTimestamp();
            sum += batch();
            ticks[i] = Stopwatch.GetTimestamp() - start;
            bytes = Math.Min(bytes, GC.GetAllocatedBytesForCurrentThread() - allocated);
            after?.Invoke();
        }

        GC.KeepAlive(sum);
        Array.Sort(ticks);
        var ns = 1e9 / Stopwatch.Frequency / operations;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{name,-45} {ticks[0] * ns,9:F1} {ticks[Batches / 2] * ns,9:F1} ns {(double)bytes / operations,6:0.##}"));
    }
}
