using System.Collections.Concurrent;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Durability;

/// <summary>What was answered is recorded, once, whatever happens to the process.</summary>
public sealed class CrashTests
{
    private static readonly int Rounds = DaemonBinary.LongRing ? 100 : 3;

    [Fact]
    public async Task EveryAnsweredRequestIsRecordedOnceAfterKills()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        upstream.Record = false;
        using var home = new TempFolder();
        var answered = new ConcurrentBag<string>();
        for (int round = 0; round < Rounds; round++)
        {
            await using DaemonProcess daemon = await DaemonProcess.StartAsync(Options(upstream, home.Path));
            Task[] clients = [.. Enumerable.Range(0, 8).Select(i => LoadAsync(daemon, answered, stream: i % 2 == 0))];
            await Task.Delay(600 + (round * 37 % 300));
            daemon.Signal(DaemonProcess.SigKill);
            await Task.WhenAll(clients);
        }

        Assert.True(answered.Count > 50 * Rounds, $"only {answered.Count} requests were answered");
        await using (DaemonProcess last = await DaemonProcess.StartAsync(Options(upstream, home.Path)))
        {
            last.Signal(DaemonProcess.SigTerm);
            Assert.Equal(0, await last.WaitForExitAsync(TimeSpan.FromSeconds(20)));
        }

        using var store = new ContextDb(home.Path);
        List<string> rows = store.Column("SELECT id FROM requests");
        Assert.Equal(rows.Count, rows.Distinct().Count());
        string[] lost = answered.Except(rows).ToArray();
        Assert.True(lost.Length == 0, $"{lost.Length} of {answered.Count} answered requests are not recorded, first {lost.FirstOrDefault()}; {rows.Count} rows");
        Assert.Equal(0, store.Number("SELECT count(*) FROM requests WHERE routing_reason IS NULL OR NOT json_valid(routing_reason)"));
        Assert.Equal("ok", Assert.Single(store.Column("PRAGMA integrity_check")));
    }

    [Fact]
    public async Task EstimatesSurviveARestart()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        upstream.Default = new MockBehaviour { LatencyMs = 80 };
        using var home = new TempFolder();
        await using (DaemonProcess first = await DaemonProcess.StartAsync(Options(upstream, home.Path)))
        {
            for (int i = 0; i < 20; i++)
                Assert.Equal(200, (await first.Client.AskAsync(Chat.Body("m", "hi"))).Status);
            first.Signal(DaemonProcess.SigTerm);
            Assert.Equal(0, await first.WaitForExitAsync(TimeSpan.FromSeconds(20)));
        }

        using (var store = new ContextDb(home.Path))
        {
            Assert.Equal(20, store.Number("SELECT count(*) FROM requests"));
            Assert.Empty(store.Column(
                "SELECT deployment_id || ' ' || status || ' ' || COALESCE(latency_ms, 'null') FROM requests WHERE deployment_id != 'm/b0' OR status != 'success' OR latency_ms IS NULL OR latency_ms < 75"));
            Assert.Equal(20, store.Number("SELECT count(*) FROM requests WHERE input_tokens > 0 AND output_tokens > 0"));
            Assert.InRange(store.Number("SELECT latency_p50_ms FROM deployments WHERE id = 'm/b0'"), 70, 400);
            Assert.Equal("healthy", Assert.Single(store.Column("SELECT status FROM deployments WHERE id = 'm/b0'")));
        }

        await using DaemonProcess second = await DaemonProcess.StartAsync(Options(upstream, home.Path));
        using var after = new ContextDb(home.Path);
        Assert.Equal(20, after.Number("SELECT count(*) FROM requests"));
        Assert.True(after.Number("SELECT count(*) FROM r_estimators WHERE deployment_id = 'm/b0'") > 0);
    }

    [Fact]
    public async Task ADrainFinishesWhatRunsAndRefusesTheRest()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        upstream.Default = new MockBehaviour { AnswerTokens = 40, TokensPerSecond = 20 };
        using var home = new TempFolder();
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(Options(upstream, home.Path));
        Task<StreamReply> running = daemon.Client.StreamAsync(Chat.Body("m", "hi"));
        await upstream.WaitForAsync(r => r.ChunksSent > 2, TimeSpan.FromSeconds(5));
        daemon.Signal(DaemonProcess.SigTerm);
        await Task.Delay(200);
        using var late = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = daemon.Url };
        try
        {
            ChatReply refused = await late.AskAsync(Chat.Body("m", "hi"));
            Assert.Equal(503, refused.Status);
        }
        catch (HttpRequestException)
        {
            // The listener is closed: refused as well.
        }

        StreamReply reply = await running;
        Assert.True(reply.Done, reply + daemon.Log);
        Assert.Equal(40, reply.Pieces.Count());
        Assert.Equal(0, await daemon.WaitForExitAsync(TimeSpan.FromSeconds(10)));
        using var store = new ContextDb(home.Path);
        Assert.Equal(1, store.Number("SELECT count(*) FROM requests WHERE status = 'success' AND output_tokens = 40"));
    }

    [Fact]
    public async Task CancelledRequestsStandInTheDaemonsOwnTableOnly()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        upstream.Default = MockBehaviour.Broken(MockFault.Stall, 1);
        using var home = new TempFolder();
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(Options(upstream, home.Path));
        using var cancel = new CancellationTokenSource(300);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => daemon.Client.StreamAsync(Chat.Body("m", "hi"), cancel.Token));
        await upstream.Posts[0].ClientGone.WaitAsync(TimeSpan.FromSeconds(5));
        await Task.Delay(100);
        daemon.Signal(DaemonProcess.SigTerm);
        Assert.Equal(0, await daemon.WaitForExitAsync(TimeSpan.FromSeconds(20)));
        using var store = new ContextDb(home.Path);
        Assert.Equal(0, store.Number("SELECT count(*) FROM requests"));
        Assert.Equal(1, store.Number("SELECT count(*) FROM r_outcomes WHERE outcome = 'cancelled'"));
    }

    private static DaemonOptions Options(MockUpstream upstream, string home) => new() { Config = Yaml.Fleet([upstream]), Home = home, NoModel = true };

    private static async Task LoadAsync(DaemonProcess daemon, ConcurrentBag<string> answered, bool stream)
    {
        try
        {
            while (true)
            {
                string? id;
                if (stream)
                {
                    StreamReply reply = await daemon.Client.StreamAsync(Chat.Body("m", "hi"));
                    id = reply is { Status: 200, Done: true } ? reply.Header("x-request-id") : null;
                }
                else
                {
                    ChatReply reply = await daemon.Client.AskAsync(Chat.Body("m", "hi"));
                    id = reply.Status == 200 ? reply.Header("x-request-id") : null;
                }

                if (id is not null)
                    answered.Add(id);
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // Killed.
        }
    }
}
