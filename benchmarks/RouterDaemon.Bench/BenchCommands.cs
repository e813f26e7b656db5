using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using RouterDaemon.Bench.Engines;
using RouterDaemon.Bench.Load;
using RouterDaemon.Bench.Mock;
using RouterDaemon.Bench.Report;

namespace RouterDaemon.Bench;

/// <summary>The verbs of <c>routerd-bench</c>.</summary>
internal static class BenchCommands
{
    private const string Usage = """
        usage: routerd-bench mock   [--port N] [--behaviour SPEC] [--models a,b]
               routerd-bench load   --url http://HOST:PORT/v1 [--target NAME] [--scenario NAME] [--model NAME] [--key KEY]
                                    [--rate PER_SECOND] [--seed N] [--connections N] [--duration S] [--warmup S] [--stream 1]
                                    [--body BYTES] [--max-tokens N] [--slo-ttft-ms MS] [--slo-tpot-ms MS] [--pids 1,2] [--append FILE]
               routerd-bench engines --ours http://HOST:PORT --theirs http://HOST:PORT [--our-model NAME] [--their-model NAME]
                                    [--clients 1,4,8,16] [--rounds N] [--vocabulary N]
               routerd-bench report --results FILE --out FOLDER [--base nginx]
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            var options = new CommandOptions(args);
            switch (args.Length == 0 ? "" : args[0])
            {
                case "mock":
                    return await MockAsync(options);
                case "load":
                    return await LoadAsync(options);
                case "engines":
                    return await EnginesAsync(options);
                case "report":
                    return await ReportAsync(options);
                default:
                    await Console.Error.WriteLineAsync(Usage);
                    return 2;
            }
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync($"routerd-bench: {e.Message}\n{Usage}");
            return 2;
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or IOException or HttpRequestException)
        {
            await Console.Error.WriteLineAsync($"routerd-bench: {e.Message}");
            return 1;
        }
    }

    private static async Task<int> MockAsync(CommandOptions options)
    {
        int port = options.Int("port", 0);
        MockBehaviour behaviour = MockSpec.Parse(options.Text("behaviour", ""));
        string[] models = options.Text("models", "mock-model").Split(',');
        options.RefuseUnknown();
        await using MockUpstream upstream = MockUpstream.Start(port);
        upstream.Default = behaviour;
        upstream.Models = models;
        upstream.Record = false;
        Console.WriteLine(upstream.Url);
        var stop = new TaskCompletionSource();
        using PosixSignalRegistration term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => Stop(c, stop));
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => Stop(c, stop));
        await stop.Task;
        return 0;
    }

    private static void Stop(PosixSignalContext context, TaskCompletionSource stop)
    {
        context.Cancel = true;
        stop.TrySetResult();
    }

    private static async Task<int> LoadAsync(CommandOptions options)
    {
        string url = options.Text("url", "");
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? target) || target.Scheme != "http")
            throw new FormatException($"--url: '{url}' is not an http:// URL");
        var load = new LoadOptions
        {
            Url = target,
            Target = options.Text("target", "target"),
            Scenario = options.Text("scenario", "load"),
            Model = options.Text("model", "mock-model"),
            ApiKey = options.Text("key", ""),
            RatePerSecond = options.Number("rate", 0),
            Seed = options.Int("seed", -1),
            Connections = options.Int("connections", 32),
            Duration = TimeSpan.FromSeconds(options.Number("duration", 10)),
            WarmUp = TimeSpan.FromSeconds(options.Number("warmup", 2)),
            Stream = options.Int("stream", 0) != 0,
            BodyBytes = options.Int("body", 1024),
            MaxTokens = options.Int("max-tokens", 0),
            SloTtftMs = options.Number("slo-ttft-ms", 3000),
            SloTpotMs = options.Number("slo-tpot-ms", 60),
            Pids = [.. options.Text("pids", "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => int.Parse(p, CultureInfo.InvariantCulture))],
        };
        string append = options.Text("append", "");
        options.RefuseUnknown();
        LoadResult result = await LoadRun.ExecuteAsync(load, new ProgressBar($"{load.Target} {load.Scenario}").Show);
        string json = JsonSerializer.Serialize(result, LoadJson.Default.LoadResult);
        if (append.Length == 0)
            Console.WriteLine(json);
        else
            await File.AppendAllTextAsync(append, json + "\n");
        return result.Requests > 0 ? 0 : 1;
    }

    private static async Task<int> EnginesAsync(CommandOptions options)
    {
        using EngineTarget ours = new("routerd", options.Text("ours", ""), options.Text("our-model", "random"));
        using EngineTarget theirs = new("llama-server", options.Text("theirs", ""), options.Text("their-model", "random"));
        int[] clients = [.. options.Text("clients", "1,4,8,16").Split(',').Select(c => int.Parse(c, CultureInfo.InvariantCulture))];
        EngineComparison comparison = new(ours, theirs, clients, options.Int("rounds", 2), options.Int("vocabulary", 1280));
        options.RefuseUnknown();
        Console.Write(await comparison.RunAsync());
        return 0;
    }

    private static async Task<int> ReportAsync(CommandOptions options)
    {
        string file = options.Text("results", "results.jsonl");
        string folder = options.Text("out", ".");
        string baseline = options.Text("base", "nginx");
        options.RefuseUnknown();
        Comparison comparison = Comparison.Read(await File.ReadAllLinesAsync(file), baseline);
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "relay.json"), comparison.Json());
        await File.WriteAllTextAsync(Path.Combine(folder, "relay.svg"), Charts.Draw(comparison));
        Console.Write(comparison.Table());
        return 0;
    }
}
