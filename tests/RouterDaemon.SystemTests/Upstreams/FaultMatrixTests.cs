using System.Text.Json.Nodes;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Upstreams;

/// <summary>Every fault, before the first content and after it, streamed and not: the client is told the truth, the books say the same, and
/// nobody else notices.</summary>
public sealed class FaultMatrixTests
{
    private enum Expect
    {
        Success,
        Failure,
        Either,
    }

    private static readonly MockFault[] Faults = [.. Enum.GetValues<MockFault>()];

    [Fact]
    public async Task ClientsAndBooksAgreeOnEveryFault()
    {
        (MockFault Fault, int At, bool Stream)[] cases = [.. from fault in Faults from at in (int[])[MockBehaviour.BeforeContent, 2] from stream in (bool[])[true, false] select (fault, at, stream)];
        var upstreams = new List<MockUpstream>();
        foreach ((MockFault fault, int at, _) in cases)
        {
            MockUpstream upstream = MockUpstream.Start();
            upstream.Default = MockBehaviour.Ok("one two three four") with { Fault = fault, FaultAt = at, SlowHeaderMs = 2 };
            upstreams.Add(upstream);
        }

        MockUpstream healthy = MockUpstream.Start();
        upstreams.Add(healthy);
        using var home = new TempFolder();
        var seen = new List<(string Name, string? Id, bool Success, Expect Expect, string Text)>();
        int untouched = 0;
        await using (DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            Home = home.Path,
            NoModel = true,
            Config = Yaml.Fleet(upstreams, timeouts: "connect: 1s, first_token: 1500ms, between_tokens: 1500ms, total: 6s"),
        }))
        {
            using var stop = new CancellationTokenSource();
            Task bystander = Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested)
                {
                    ChatReply reply = await daemon.Client.AskAsync(Chat.Body($"m/b{cases.Length}", "hi"));
                    Assert.True(reply.Status == 200, $"a bystander got {reply}");
                    untouched++;
                }
            });
            foreach ((string, string?, bool, Expect, string)[] batch in await Task.WhenAll(cases.Select((c, i) => (Case: c, Index: i)).Chunk(16).Select(chunk => RunAsync(daemon, chunk))))
                seen.AddRange(batch);
            await stop.CancelAsync();
            await bystander;
            await Eventually.TrueAsync(() => upstreams.All(u => u.InFlight == 0), TimeSpan.FromSeconds(5), () => "upstream requests go on after their clients were answered");
            daemon.Signal(DaemonProcess.SigTerm);
            Assert.Equal(0, await daemon.WaitForExitAsync(TimeSpan.FromSeconds(20)));
        }

        foreach (MockUpstream upstream in upstreams)
            await upstream.DisposeAsync();
        Assert.True(untouched > 20, $"only {untouched} bystanders");
        using var store = new ContextDb(home.Path);
        Dictionary<string, string> status = store.Pairs("SELECT id, status FROM requests");
        IEnumerable<string> lies = seen.Where(s => (s.Expect == Expect.Success && !s.Success) || (s.Expect == Expect.Failure && s.Success))
            .Select(s => $"{s.Name}: expected {s.Expect}, got {s.Text}");
        IEnumerable<string> misbooked = seen.Where(s => s.Id is not null && s.Success != (status.GetValueOrDefault(s.Id) == "success"))
            .Select(s => $"{s.Name}: the client saw {(s.Success ? "success" : "failure")}, the store says {status.GetValueOrDefault(s.Id!, "nothing")}");
        string[] faults = [.. lies, .. misbooked];
        Assert.True(faults.Length == 0, string.Join('\n', faults));
        Assert.Equal(untouched, store.Number($"SELECT count(*) FROM requests WHERE deployment_id = 'm/b{cases.Length}' AND status = 'success'"));
    }

    private static async Task<(string, string?, bool, Expect, string)[]> RunAsync(DaemonProcess daemon, ((MockFault Fault, int At, bool Stream) Case, int Index)[] cases)
    {
        var seen = new List<(string, string?, bool, Expect, string)>();
        foreach (((MockFault fault, int at, bool stream), int index) in cases)
        {
            JsonObject body = Chat.Body($"m/b{index}", "hi");
            string name = $"{fault} {(at == 0 ? "before" : "after")} first content, {(stream ? "streamed" : "whole")}";
            if (stream)
            {
                StreamReply reply = await daemon.Client.StreamAsync(body);
                bool success = reply is { Status: 200, Done: true, Broke: null } && reply.Error is null;
                seen.Add((name, reply.Header("x-request-id"), success, Expected(fault, stream), Short(reply.ToString())));
            }
            else
            {
                ChatReply reply = await daemon.Client.AskAsync(body);
                seen.Add((name, reply.Header("x-request-id"), reply.Status == 200, Expected(fault, stream), Short(reply.ToString())));
            }
        }

        return [.. seen];
    }

    private static Expect Expected(MockFault fault, bool stream) => fault switch
    {
        MockFault.None or MockFault.SplitUtf8 or MockFault.SlowHeaders => Expect.Success,
        MockFault.MissingDone => stream ? Expect.Failure : Expect.Success,
        // A complete stream inside a length that lies either way may be delivered; so may what a limit or a decoder of ours lets through.
        MockFault.LengthTooLong => stream ? Expect.Either : Expect.Failure,
        MockFault.LengthTooShort or MockFault.Gzip or MockFault.HugeEvent or MockFault.HeaderFlood => Expect.Either,
        _ => Expect.Failure,
    };

    private static string Short(string text) => text.Length > 300 ? text[..300] : text;
}
