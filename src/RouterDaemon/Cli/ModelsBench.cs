using System.CommandLine;
using System.Globalization;
using RouterDaemon.Config;
using RouterDaemon.Config.Schema;
using RouterDaemon.Engine;
using RouterDaemon.Fleet;

namespace RouterDaemon.Cli;

/// <summary><c>routerd models bench</c>: speed of an on-device model, measured in this process; the daemon need not run.</summary>
internal static class ModelsBench
{
    private static readonly int[] Clients = [1, 4, 8, 16];

    public static Command Create(CliHost host)
    {
        var json = GlobalOptions.Json();
        var id = new Argument<string>("MODEL") { Description = "Id of the model, or a GGUF file." };
        var threads = new Option<int?>("--threads") { Description = "Compute threads; left out = as configured (cores - 1)." };
        var command = new Command("bench", "Prompt and answer tokens a second with 1, 4, 8 and 16 requests at once, time to the first token, a shared prefix.") { id, threads, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (host.Load(parsed.GetValue(GlobalOptions.Config), out _) is not { } loaded)
            {
                return ExitCode.BadConfiguration;
            }

            if (Find(loaded.Config, parsed.GetValue(id)!) is not { } model)
            {
                var near = NearestName.Find(parsed.GetValue(id)!, ModelReport.All(loaded.Config).Select(r => r.Model.Id));
                host.Error.WriteLine($"routerd: there is no on-device model or file \"{parsed.GetValue(id)}\"" + (near is null ? "" : $", did you mean \"{near}\"?"));
                return ExitCode.Failed;
            }

            try
            {
                await RunAsync(host, model with { Threads = parsed.GetValue(threads) ?? model.Threads }, parsed.GetValue(json), cancellationToken).ConfigureAwait(false);
                return ExitCode.Done;
            }
            catch (EngineException e)
            {
                host.Error.WriteLine($"routerd: {e.Message}");
                return ExitCode.Failed;
            }
        });
        return command;
    }

    private static OnDeviceModelConfig? Find(RouterdConfig config, string name)
    {
        var bare = name.EndsWith("/local", StringComparison.Ordinal) ? name[..^"/local".Length] : name;
        return ModelReport.All(config).Find(r => r.Model.Id == bare)?.Model
            ?? (File.Exists(name) ? new OnDeviceModelConfig { Id = ModelsFolder.IdOf(Path.GetFileNameWithoutExtension(name)), FilePath = Path.GetFullPath(name) } : null);
    }

    private static async Task RunAsync(CliHost host, OnDeviceModelConfig model, bool json, CancellationToken cancellationToken)
    {
        var engine = new EngineHost(new SilentEngineLog(), TimeProvider.System);
        await using (engine.ConfigureAwait(false))
        {
            engine.SetModels([FleetManager.ToEngine(model) with { Slots = Clients[^1], Preload = false }]);
            var facts = await engine.GetFactsAsync(model.Id, cancellationToken).ConfigureAwait(false);
            engine.TryGetStatus(model.Id, out var status);
            var bench = new ModelBench(engine, model.Id, facts);
            await bench.RunAsync(1, cancellationToken).ConfigureAwait(false);
            var rows = new List<ModelBenchRow>();
            foreach (var clients in Clients)
            {
                rows.Add(await bench.RunAsync(clients, cancellationToken).ConfigureAwait(false));
            }

            var (cold, shared) = await bench.SharedPrefixAsync(cancellationToken).ConfigureAwait(false);
            if (json)
            {
                WriteJson(host, model, facts, status.LastLoadMs, bench, rows, cold, shared);
            }
            else
            {
                WriteTable(host, bench, rows, cold, shared);
            }
        }
    }

    private static void WriteTable(CliHost host, ModelBench bench, List<ModelBenchRow> rows, double cold, double shared)
    {
        var table = new CliTable("clients", "prompt tokens/s", "answer tokens/s", "TTFT p50 ms", "TTFT p99 ms");
        foreach (var row in rows)
        {
            table.Add(Text(row.Clients), Text(row.PromptTokensPerSecond), Text(row.DecodeTokensPerSecond), Text(row.TtftP50Ms), Text(row.TtftP99Ms));
        }

        table.Write(host);
        host.Out.WriteLine($"Prompts of {bench.PromptTokens} tokens, answers of {bench.AnswerTokens}. First token of a new prompt {Text(cold)} ms, of one that shares all but 4 tokens {Text(shared)} ms.");
    }

    private static void WriteJson(
        CliHost host, OnDeviceModelConfig model, ModelFacts facts, double loadMs, ModelBench bench, List<ModelBenchRow> rows, double cold, double shared) => CliJson.Write(host, json =>
    {
        json.WriteStartObject();
        json.WriteString("id", model.Id);
        json.WriteNumber("parameters", facts.ParameterCount);
        json.WriteNumber("load_ms", loadMs);
        json.WriteNumber("prompt_tokens", bench.PromptTokens);
        json.WriteNumber("answer_tokens", bench.AnswerTokens);
        json.WriteStartArray("rows");
        foreach (var row in rows)
        {
            json.WriteStartObject();
            json.WriteNumber("clients", row.Clients);
            json.WriteNumber("prompt_tokens_per_second", row.PromptTokensPerSecond);
            json.WriteNumber("answer_tokens_per_second", row.DecodeTokensPerSecond);
            json.WriteNumber("ttft_p50_ms", row.TtftP50Ms);
            json.WriteNumber("ttft_p99_ms", row.TtftP99Ms);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNumber("ttft_cold_ms", cold);
        json.WriteNumber("ttft_shared_ms", shared);
        json.WriteEndObject();
    });

    private static string Text(double value) => value.ToString(value < 10 ? "0.##" : "0", CultureInfo.InvariantCulture);
}
