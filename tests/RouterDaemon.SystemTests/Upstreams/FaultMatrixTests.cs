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
    }

    /// <summary>What one case came to.</summary>
    private sealed record Seen(string Name, string? Id, bool Success, Expect Expect, string Text, string? WrongShape, int? DeliveredChunks);

    /// <summary>Faults that strike in the middle of a stream, behind what was sent before them.</summary>
    private static readonly HashSet<MockFault> MidStream =
        [MockFault.Cut, MockFault.Reset, MockFault.Stall, MockFault.Garbage, MockFault.HalfUtf8, MockFault.MissingDone, MockFault.ErrorBody, MockFault.ChunkTooShort, MockFault.ChunkSizeGarbage];

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
        var seen = new List<Seen>();
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
            foreach (Seen[] batch in await Task.WhenAll(cases.Select((c, i) => (Case: c, Index: i)).Chunk(16).Select(chunk => RunAsync(daemon, chunk))))
                seen.AddRange(batch);
            await stop.CancelAsync();
            await bystander;
            await Eventually.TrueAsync(() => upstreams.All(u => u.InFlight == 0), TimeSpan.FromSeconds(5), () => "upstream requests go on after their clients were answered");
            string gauges = await daemon.Client.GetStringAsync("/metrics");
            Assert.DoesNotMatch("routerd_deployment_in_flight\\{[^}]*\\} [1-9]", gauges);
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
        Dictionary<string, string> tokens = store.Pairs("SELECT id, output_tokens || '' FROM requests");
        IEnumerable<string> miscounted = seen.Where(s => s.DeliveredChunks is { } n && tokens.GetValueOrDefault(s.Id!) != n.ToString(System.Globalization.CultureInfo.InvariantCulture))
            .Select(s => $"{s.Name}: {s.DeliveredChunks} chunks were delivered, the store says {tokens.GetValueOrDefault(s.Id!, "nothing")}");
        string[] faults = [.. lies, .. misbooked, .. miscounted, .. seen.Where(s => s.WrongShape is not null).Select(s => $"{s.Name}: {s.WrongShape}: {s.Text}")];
        Assert.True(faults.Length == 0, string.Join('\n', faults));
        Assert.Equal(untouched, store.Number($"SELECT count(*) FROM requests WHERE deployment_id = 'm/b{cases.Length}' AND status = 'success'"));
    }

    private static async Task<Seen[]> RunAsync(DaemonProcess daemon, ((MockFault Fault, int At, bool Stream) Case, int Index)[] cases)
    {
        var seen = new List<Seen>();
        foreach (((MockFault fault, int at, bool stream), int index) in cases)
        {
            JsonObject body = Chat.Body($"m/b{index}", "hi");
            string name = $"{fault} {(at == 0 ? "before" : "after")} first content, {(stream ? "streamed" : "whole")}";
            if (stream)
            {
                StreamReply reply = await daemon.Client.StreamAsync(body);
                bool success = reply is { Status: 200, Done: true, Broke: null } && reply.Error is null;
                bool isMidStream = at > 0 && MidStream.Contains(fault);
                seen.Add(new Seen(name, reply.Header("x-request-id"), success, Expected(fault, stream), Short(reply.ToString()), StreamShape(reply, success, isMidStream), isMidStream ? 2 : null));
            }
            else
            {
                ChatReply reply = await daemon.Client.AskAsync(body);
                string? wrong = reply.Status is 200 || (reply.Status is 502 or 504 && reply.ErrorMessage.Length > 0) ? null : "neither an answer nor an error";
                seen.Add(new Seen(name, reply.Header("x-request-id"), reply.Status == 200, Expected(fault, stream), Short(reply.ToString()), wrong, null));
            }
        }

        return [.. seen];
    }

    private static Expect Expected(MockFault fault, bool stream) => fault switch
    {
        MockFault.None or MockFault.SplitUtf8 or MockFault.SlowHeaders => Expect.Success,
        MockFault.MissingDone => stream ? Expect.Failure : Expect.Success,
        // A stream is whole at [DONE], whatever its length said.
        MockFault.LengthTooLong => stream ? Expect.Success : Expect.Failure,
        MockFault.HugeEvent => Expect.Success,
        _ => Expect.Failure,
    };

    /// <summary>A stream that failed: an error status before the first content, an error event and no [DONE] after it. Never a broken connection.</summary>
    private static string? StreamShape(StreamReply reply, bool success, bool isMidStream)
    {
        if (success)
            return null;
        if (reply.Broke is not null || reply.Done)
            return "the stream broke, or pretends to be whole";
        if (isMidStream && !reply.Raw.Contains("one", StringComparison.Ordinal))
            return "what was delivered before the fault is not there";
        return reply.Status == 200 ? (reply.Error is null ? "no error event" : null)
            : isMidStream || reply.Status is not (502 or 504) ? "not the right status" : null;
    }

    private static string Short(string text) => text.Length > 300 ? text[..300] : text;
}
