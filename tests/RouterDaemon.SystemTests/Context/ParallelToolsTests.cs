using System.Globalization;
using System.Text;
using RouterDaemon.Bench.Load;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Context;

/// <summary>
/// Requests with and without the context tools queried beside them, in turns on one daemon: the figures are reported, only faults fail. The same requests are
/// sent to the upstream directly too: load, upstream and askers share the machine with the daemon, and what they wait for each other is not the daemon's.
/// </summary>
public sealed class ParallelToolsTests
{
    private static readonly int Turns = DaemonBinary.LongRing ? 5 : 1;
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(DaemonBinary.LongRing ? 10 : 1);

    // About 50 calls a second from each: more than people and agents send.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task RequestsDoNotWaitForTools()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        upstream.Record = false;
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { NoModel = true, WaitReady = true, Config = Yaml.Fleet([upstream]) });
        Uri routed = new(daemon.Url, "/v1"), direct = new(upstream.Url, "/v1");
        await LoadAsync(routed, "warm-up");
        await LoadAsync(direct, "warm-up");
        List<double>[] p99 = [[], [], [], [], [], []];
        long answered = 0;
        for (int turn = 0; turn < Turns; turn++)
        {
            p99[0].Add((await LoadAsync(direct, "direct alone")).Latency.P99);
            p99[1].Add((await LoadAsync(routed, "routed alone")).Latency.P99);
            foreach ((int at, TimeSpan pause) in new[] { (2, Pause), (4, TimeSpan.Zero) })
            {
                using var stop = new CancellationTokenSource();
                Task<long> tools = Task.Run(() => QueryAsync(daemon, pause, stop.Token));
                p99[at].Add((await LoadAsync(direct, "direct beside tools")).Latency.P99);
                p99[at + 1].Add((await LoadAsync(routed, "routed beside tools")).Latency.P99);
                await stop.CancelAsync();
                answered += await tools;
            }
        }

        Assert.True(answered >= ToolCalls.All.Count, $"{answered} tool calls were answered");
        Assert.DoesNotContain("locked", daemon.Log, StringComparison.OrdinalIgnoreCase);
        double[] median = Array.ConvertAll(p99, Median);
        string Pair(int at) => string.Create(CultureInfo.InvariantCulture, $"{median[at]:0} / {median[at + 1]:0} us, ratio {median[at + 1] / median[at]:0.00}");
        Report.Line(
            $"p99 of requests, direct / routed: alone {Pair(0)}; beside two askers with a pause of {Pause.TotalMilliseconds} ms {Pair(2)}; beside two that never pause {Pair(4)}; {answered} tool calls");
    }

    private static async Task<LoadResult> LoadAsync(Uri url, string scenario)
    {
        LoadResult result = await LoadRun.ExecuteAsync(new LoadOptions
        {
            Url = url,
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

    // Two askers.
    private static async Task<long> QueryAsync(DaemonProcess daemon, TimeSpan pause, CancellationToken stop)
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
                    await Task.Delay(pause, CancellationToken.None);
                    if (stop.IsCancellationRequested)
                        break;
                }
            }
        }));
        return answered;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
