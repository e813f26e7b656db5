using System.Globalization;
using System.Text;
using RouterDaemon.Bench.Load;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Context;

/// <summary>Requests with and without the context tools queried beside them, in turns on one daemon: the figures are reported, only faults fail.</summary>
public sealed class ParallelToolsTests
{
    private static readonly int Turns = DaemonBinary.LongRing ? 5 : 1;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(DaemonBinary.LongRing ? 10 : 1);

    [Fact]
    public async Task RequestsDoNotWaitForTools()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        upstream.Record = false;
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { NoModel = true, WaitReady = true, Config = Yaml.Fleet([upstream]) });
        await LoadAsync(daemon, "warm-up");
        var (alone, beside) = (new List<double>(), new List<double>());
        long answered = 0;
        for (int turn = 0; turn < Turns; turn++)
        {
            alone.Add((await LoadAsync(daemon, "requests alone")).Latency.P99);
            using var stop = new CancellationTokenSource();
            Task<long> tools = Task.Run(() => QueryAsync(daemon, stop.Token));
            beside.Add((await LoadAsync(daemon, "requests beside tools")).Latency.P99);
            await stop.CancelAsync();
            answered += await tools;
        }

        Assert.True(answered >= ToolCalls.All.Count, $"{answered} tool calls were answered");
        Assert.DoesNotContain("locked", daemon.Log, StringComparison.OrdinalIgnoreCase);
        Report.Line(string.Create(
            CultureInfo.InvariantCulture,
            $"p99 of requests alone / beside {answered} tool calls: {Median(alone):0} / {Median(beside):0} us, ratio {Median(beside) / Median(alone):0.00}, each [{string.Join(' ', alone)}] / [{string.Join(' ', beside)}]"));
    }

    private static async Task<LoadResult> LoadAsync(DaemonProcess daemon, string scenario)
    {
        LoadResult result = await LoadRun.ExecuteAsync(new LoadOptions
        {
            Url = new Uri(daemon.Url, "/v1"),
            Scenario = scenario,
            Model = "m",
            RatePerSecond = 200,
            Connections = 32,
            Duration = Turn,
            WarmUp = TimeSpan.FromSeconds(0.5),
            Seed = 1,
        });
        Assert.True(result.Errors == 0, result.FirstError);
        return result;
    }

    // Two askers that never pause.
    private static async Task<long> QueryAsync(DaemonProcess daemon, CancellationToken stop)
    {
        long answered = 0;
        await Task.WhenAll(Enumerable.Range(0, 2).Select(async _ =>
        {
            while (!stop.IsCancellationRequested)
            {
                foreach ((string tool, string arguments) in ToolCalls.All)
                {
                    using HttpResponseMessage response = await daemon.Client.PostAsync($"/context/tools/{tool}", new StringContent(arguments, Encoding.UTF8, "application/json"), CancellationToken.None);
                    string text = await response.Content.ReadAsStringAsync(CancellationToken.None);
                    // The demo's ids do not exist here.
                    Assert.True(response.IsSuccessStatusCode || text.Contains("NOT_FOUND", StringComparison.Ordinal), text);
                    Interlocked.Increment(ref answered);
                    if (stop.IsCancellationRequested)
                        break;
                }
            }
        }));
        return answered;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
