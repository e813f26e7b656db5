using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Durability;

/// <summary>A model in a process of its own: what its death costs, and that it never outlives the daemon.</summary>
public sealed class EngineProcessTests
{
    private const int SigAbrt = 6;
    /// <summary>The issue asks for 20; each waits for a restart with its backoff, so the short ring has fewer.</summary>
    private static readonly int Kills = Environment.GetEnvironmentVariable("ROUTERD_LONG") is "1" ? 20 : 4;

    private static string Config { get; } = $"""
        models:
          - id: apart
            file: {EditedModels.Bundled}
            isolation: process
          - id: inside
            file: {EditedModels.Bundled}
            isolation: none
        """;

    [Fact]
    public async Task ItAnswersAsInTheDaemonsOwnProcess()
    {
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = Config });
        foreach (string question in (string[])["2+2", "What is RouterDaemon?", "Count to 10."])
        {
            ChatReply apart = await daemon.Client.AskAsync(Chat.Body("apart", question, ("temperature", 0), ("logprobs", true), ("top_logprobs", 2)));
            ChatReply inside = await daemon.Client.AskAsync(Chat.Body("inside", question, ("temperature", 0), ("logprobs", true), ("top_logprobs", 2)));
            Assert.True(apart.Status == 200, apart + daemon.Log);
            Assert.Equal(inside.Content, apart.Content);
            Assert.Equal(inside.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32(), apart.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
            Assert.Equal(JsonNode.Parse(inside.Json.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content")[0].GetProperty("token").GetRawText())!.ToJsonString(),
                JsonNode.Parse(apart.Json.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content")[0].GetProperty("token").GetRawText())!.ToJsonString());
        }

        StreamReply stream = await daemon.Client.StreamAsync(Chat.Body("apart", "2+2", ("temperature", 0)));
        Assert.Equal("2 + 2 = 4.", stream.Content);
        Assert.True(stream.Done);
        ChatReply tooLong = await daemon.Client.AskAsync(Chat.Body("apart", string.Concat(Enumerable.Repeat("word ", 4000))));
        Assert.Equal("context_length_exceeded", tooLong.ErrorCode);
        ChatReply tokens = await daemon.Client.AskAsync("/tokenize", Chat.Json("""{"model":"apart","content":"A cat."}"""));
        Assert.True(tokens.Status == 200, tokens.ToString());
        Assert.Single(Children(daemon.ProcessId));
    }

    [Fact]
    public async Task ItsDeathCostsItsRunningRequestsAndNothingElse()
    {
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = Config });
        await AnswersAsync(daemon);
        using var stop = new CancellationTokenSource();
        var faults = new ConcurrentQueue<string>();
        int whole = 0, broken = 0, inside = 0;
        Task[] load =
        [
            .. Enumerable.Range(0, 4).Select(i => LoopAsync(async () =>
            {
                StreamReply reply = await daemon.Client.StreamAsync(Chat.Body("apart", $"Count to {i + 5}.", ("ignore_eos", true), ("max_tokens", 150)));
                bool clean = reply.Status == 200 ? reply.Broke is null && (reply.Done || reply.Error is not null) : reply.Status is 502 or 503 && reply.Raw.Contains("\"error\"", StringComparison.Ordinal);
                if (!clean)
                    faults.Enqueue($"apart: {reply}");
                if (reply.Done)
                    Interlocked.Increment(ref whole);
                else
                    Interlocked.Increment(ref broken);
            }, stop.Token)),
            .. Enumerable.Range(0, 2).Select(_ => LoopAsync(async () =>
            {
                ChatReply reply = await daemon.Client.AskAsync(Chat.Body("inside", "2+2", ("temperature", 0)));
                if (reply.Status != 200 || reply.Content != "2 + 2 = 4.")
                    faults.Enqueue($"inside: {reply}");
                Interlocked.Increment(ref inside);
            }, stop.Token)),
        ];
        for (int i = 0; i < Kills; i++)
        {
            int child = 0;
            await Eventually.TrueAsync(() => Children(daemon.ProcessId) is [var only] && (child = only) > 0, TimeSpan.FromSeconds(30), () => "no process came back\n" + daemon.Log);
            bool aborts = i % 2 != 0;
            // A library aborts while it works. (While the runtime starts, its own handler takes a signal from outside for nothing.)
            if (aborts)
                await AnswersAsync(daemon);
            else
                await Task.Delay(50 + (i * 37 % 150));
            _ = DaemonProcess.Kill(child, aborts ? SigAbrt : DaemonProcess.SigKill);
            await Eventually.TrueAsync(() => !Children(daemon.ProcessId).Contains(child), TimeSpan.FromSeconds(10), () => $"process {child} stays");
        }

        await stop.CancelAsync();
        await Task.WhenAll(load);
        Assert.True(faults.IsEmpty, string.Join('\n', faults.Take(5)) + daemon.Log);
        Assert.True(inside > 20, $"{inside} answers from inside");
        Assert.True(broken > 0, "no request was cut");
        await AnswersAsync(daemon);
        Report.Line($"engine process killed {Kills} times: {whole} whole, {broken} cut with an error, {inside} beside it");
    }

    [Fact]
    public async Task ItEndsWithTheDaemonHoweverThatEnds()
    {
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = Config });
        await AnswersAsync(daemon);
        int child = Assert.Single(Children(daemon.ProcessId));
        daemon.Signal(DaemonProcess.SigKill);
        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{child}"), TimeSpan.FromSeconds(10), () => $"process {child} outlives the daemon");
    }

    private static async Task AnswersAsync(DaemonProcess daemon)
    {
        ChatReply? reply = null;
        await Eventually.TrueAsync(
            async () => (reply = await daemon.Client.AskAsync(Chat.Body("apart", "2+2", ("temperature", 0)))).Status == 200, TimeSpan.FromSeconds(40), () => reply + daemon.Log);
        Assert.Equal("2 + 2 = 4.", reply!.Content);
    }

    private static async Task LoopAsync(Func<Task> act, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
            await act();
    }

    private static int[] Children(int parent)
    {
        List<int> children = [];
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                try
                {
                    string stat = File.ReadAllText($"/proc/{process.Id}/stat");
                    string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                    // State Z: ended, and its parent has not looked yet.
                    if (fields[1] == parent.ToString(System.Globalization.CultureInfo.InvariantCulture) && fields[0] != "Z"
                        && File.ReadAllText($"/proc/{process.Id}/cmdline").Contains("\0engine\0", StringComparison.Ordinal))
                        children.Add(process.Id);
                }
                catch (IOException)
                {
                    // It has ended in between.
                }
            }
        }

        return [.. children];
    }
}
