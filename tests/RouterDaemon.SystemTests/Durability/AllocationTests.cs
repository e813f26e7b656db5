using System.Globalization;
using System.Text.Json;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Durability;

/// <summary>What the running daemon allocates for a request and for a chunk, against the numbers in <c>benchmarks/baselines</c>.</summary>
public sealed class AllocationTests
{
    private const int Requests = 1_500;
    private const int Streams = 10;
    private const int ChunksOfAStream = 2_000;

    [Fact]
    public async Task RequestsAndChunksAllocateNoMoreThanTheirBaselines()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        upstream.Record = false;
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = Yaml.Fleet([upstream]), NoModel = true });
        await RequestsAsync(daemon, 300);
        double request = await MeasureAsync(daemon, () => RequestsAsync(daemon, Requests)) / Requests;

        // Chunks by difference: streams that last as long and have a hundredth of the chunks cost the same apart from them. What other threads
        // allocate meanwhile adds to one measurement or the other, so the least of three counts: what a chunk costs is in each of them.
        double chunk = double.MaxValue;
        for (int round = 0; round < 3; round++)
        {
            upstream.Default = new MockBehaviour { AnswerTokens = ChunksOfAStream, TokensPerSecond = 1_000 };
            await StreamsAsync(daemon);
            double many = await MeasureAsync(daemon, () => StreamsAsync(daemon));
            upstream.Default = new MockBehaviour { AnswerTokens = ChunksOfAStream / 100, TokensPerSecond = 10 };
            double few = await MeasureAsync(daemon, () => StreamsAsync(daemon));
            chunk = Math.Min(chunk, (many - few) / (Streams * ChunksOfAStream * 0.99));
            if (chunk < 1)
                break;
        }

        Report.Line($"allocated: {request:F0} B for each relayed request, {chunk:F1} B for each relayed chunk");

        using JsonDocument baselines = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(DaemonBinary.RepositoryRoot, "benchmarks", "baselines", "relay.json")));
        // The JIT build boxes what the native one does not, and its tiers allocate for themselves.
        string of = DaemonBinary.IsPublished ? "native" : "jit";
        JsonElement limits = baselines.RootElement.GetProperty(of);
        Assert.InRange(request, 0, limits.GetProperty("bytes_per_request").GetDouble());
        Assert.InRange(chunk, double.MinValue, limits.GetProperty("bytes_per_chunk").GetDouble());
    }

    private static async Task<double> MeasureAsync(DaemonProcess daemon, Func<Task> work)
    {
        // Twice, so that what the page itself allocates is known.
        double first = await AllocatedAsync(daemon);
        double before = await AllocatedAsync(daemon);
        await work();
        return await AllocatedAsync(daemon) - before - (before - first);
    }

    private static async Task RequestsAsync(DaemonProcess daemon, int count)
    {
        for (int i = 0; i < count; i++)
            Assert.Equal(200, (await daemon.Client.AskAsync(Chat.Body("m", "hi"))).Status);
    }

    private static async Task StreamsAsync(DaemonProcess daemon) =>
        Assert.All(await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => daemon.Client.StreamAsync(Chat.Body("m", "hi")))), reply => Assert.True(reply.Done));

    private static async Task<double> AllocatedAsync(DaemonProcess daemon)
    {
        string page = await daemon.Client.GetStringAsync("/metrics");
        string line = page.Split('\n').Single(l => l.StartsWith("routerd_allocated_bytes_total ", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }
}
