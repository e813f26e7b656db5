using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Agents.Loop;
using RouterDaemon.Agents.Tools;
using RouterDaemon.Config;
using RouterDaemon.Inference;
using RouterDaemon.Store;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Cli;

/// <summary><c>routerd context seed | query | sql | ask | backup</c>: the context store from the command line, read from its file.</summary>
internal static class ContextVerb
{
    public static Command Create(CliHost host) => new("context", "Statistics, requests and incidents in the context store.")
    {
        Seed(host), Query(host), Sql(host), Ask(host), Backup(host),
    };

    private static Command Seed(CliHost host)
    {
        var into = new Option<string?>("--into") { Description = "File to write; default the configured context store.", HelpName = "FILE" };
        var command = new Command("seed", "Write the demo store. A store that holds live data is refused.") { into };
        command.SetAction(parsed => WithStore(host, parsed, config =>
        {
            var path = parsed.GetValue(into) is { } file ? Path.GetFullPath(file) : config.EffectiveContextDatabasePath;
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            DemoSeed.Write(path);
            host.Error.WriteLine($"routerd: wrote the demo store to {path}");
            return Task.FromResult(ExitCode.Done);
        }));
        return command;
    }

    private static Command Query(CliHost host)
    {
        var command = new Command("query", "Run one context tool; its parameters are options.");
        foreach (var tool in Tools.All)
        {
            var json = GlobalOptions.Json();
            var options = tool.Parameters.Where(p => p.Type != "array").Select(p => (Parameter: p, Option: OptionOf(p))).ToList();
            var verb = new Command(tool.Name, tool.Description) { json };
            options.ForEach(o => verb.Add(o.Option));
            verb.SetAction((parsed, cancellation) => WithStore(host, parsed, async config =>
            {
                var arguments = new JsonObject();
                foreach (var (parameter, option) in options)
                {
                    if (parsed.GetValue(option) is { } text)
                    {
                        arguments[parameter.Name] = parameter.Type == "integer" && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                            ? number
                            : text;
                    }
                }

                return await InvokeAsync(host, config, tool.Name, arguments, parsed.GetValue(json), cancellation).ConfigureAwait(false);
            }));
            command.Add(verb);
        }

        return command;
    }

    private static Command Sql(CliHost host)
    {
        var json = GlobalOptions.Json();
        var sql = new Argument<string>("SQL") { Description = "One SELECT over the five tables." };
        var command = new Command("sql", "Run a read-only query under the limits of run_sql.") { sql, json };
        command.SetAction((parsed, cancellation) => WithStore(host, parsed, config => InvokeAsync(
            host, config, "run_sql", new JsonObject { ["sql"] = parsed.GetValue(sql) }, parsed.GetValue(json), cancellation)));
        return command;
    }

    private static Command Ask(CliHost host)
    {
        var json = GlobalOptions.Json();
        var question = new Argument<string>("QUESTION") { Description = "In plain words." };
        var model = new Option<string?>("--model") { Description = "Model, deployment or virtual model to ask; default OPENAI_MODEL, then auto.", HelpName = "NAME" };
        var planner = new Option<bool>("--planner") { Description = "Use no model: fixed rules pick the tools and write the answer." };
        var command = new Command("ask", "Answer a question from the store, with a model of the running daemon when it has one; every step is shown.")
        {
            question, model, planner, json,
        };
        command.SetAction((parsed, cancellation) => WithStore(host, parsed, async config =>
        {
            var environment = host.Sources(parsed.GetValue(GlobalOptions.Config)).Environment;
            // As any client of the OpenAI surface: where the daemon wants keys, this is the one to show.
            using var daemon = new DaemonClient(config, null, Value(environment, "OPENAI_API_KEY"));
            using var reader = new ContextReader(config.EffectiveContextDatabasePath, TimeProvider.System);
            var options = new AgentOptions
            {
                Model = parsed.GetValue(model) ?? Value(environment, "OPENAI_MODEL") ?? new AgentOptions().Model,
                PlannerOnly = parsed.GetValue(planner),
            };
            var inference = options.PlannerOnly ? null : await ConnectAsync(host, daemon, cancellation).ConfigureAwait(false);
            var agent = new ContextAgent(new ToolRegistry(reader), inference, TimeProvider.System, options);
            await foreach (var step in agent.AskAsync(parsed.GetValue(question)!, cancellation).ConfigureAwait(false))
            {
                Show(host, step, parsed.GetValue(json));
            }

            return ExitCode.Done;
        }));
        return command;
    }

    private static string? Value(IReadOnlyDictionary<string, string> environment, string name) =>
        environment.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    // The store answers without a daemon too, only the model is missing then.
    private static async Task<DaemonInference?> ConnectAsync(CliHost host, DaemonClient daemon, CancellationToken cancellation)
    {
        try
        {
            return await DaemonInference.ConnectAsync(daemon, cancellation).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            await host.Error.WriteLineAsync($"routerd: no model is asked: {e.Message}").ConfigureAwait(false);
            return null;
        }
    }

    private static Command Backup(CliHost host)
    {
        var file = new Argument<string>("FILE") { Description = "File to write; it must not exist." };
        var command = new Command("backup", "Copy the store while the daemon may be running.") { file };
        command.SetAction((parsed, cancellation) => WithStore(host, parsed, async config =>
        {
            await Task.Run(() => ContextStore.BackupFile(config.EffectiveContextDatabasePath, Path.GetFullPath(parsed.GetValue(file)!)), cancellation).ConfigureAwait(false);
            return ExitCode.Done;
        }));
        return command;
    }

    private static Option<string?> OptionOf(ToolParameter parameter)
    {
        var option = new Option<string?>($"--{parameter.Name}")
        {
            Description = parameter.Default is null ? parameter.Description : $"{parameter.Description} Default {parameter.Default}.",
            Required = parameter.Required,
        };
        return option;
    }

    private static async Task<int> WithStore(CliHost host, ParseResult parsed, Func<RouterdConfig, Task<int>> run)
    {
        if (host.Load(parsed.GetValue(GlobalOptions.Config), out _) is not { } loaded)
        {
            return ExitCode.BadConfiguration;
        }

        try
        {
            return await run(loaded.Config).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            await host.Error.WriteLineAsync($"routerd: {e.Message}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    private static async Task<int> InvokeAsync(
        CliHost host, RouterdConfig config, string tool, JsonObject arguments, bool asJson, CancellationToken cancellation)
    {
        using var reader = new ContextReader(config.EffectiveContextDatabasePath, TimeProvider.System);
        using var document = JsonDocument.Parse(arguments.ToJsonString());
        var result = await new ToolRegistry(reader).InvokeAsync(tool, document.RootElement, cancellation).ConfigureAwait(false);
        var isError = ToolRegistry.IsError(result);
        if (asJson)
        {
            CliJson.Write(host, writer => result.WriteTo(writer));
        }
        else if (isError)
        {
            await host.Error.WriteLineAsync($"routerd: {result["message"]} ({result["code"]})").ConfigureAwait(false);
        }
        else
        {
            ContextTables.Write(host, result);
        }

        return isError ? ExitCode.Failed : ExitCode.Done;
    }

    private static void Show(CliHost host, AgentEvent step, bool asJson)
    {
        if (asJson)
        {
            // One line for each step: a program can read them as they come.
            host.Out.WriteLine(step.ToJson().ToJsonString(CompactJson.Options));
            return;
        }

        switch (step.Kind)
        {
            case AgentEventKind.Answer:
                host.Out.WriteLine(step.Text);
                ShowRows(host, step.Rows);
                break;
            case AgentEventKind.ToolCall:
                host.Error.WriteLine($"  {step.Tool} {step.Data?.ToJsonString(CompactJson.Options)}");
                break;
            case AgentEventKind.Note:
                host.Error.WriteLine(step.Text);
                break;
        }
    }

    // One line for each call: the names of the rows the answer rests on.
    private static void ShowRows(CliHost host, JsonArray rows)
    {
        foreach (var call in rows.GroupBy(r => (int)r!["call"]!))
        {
            var names = call.Select(r => NameOf((JsonObject)r!["row"]!)).Distinct(StringComparer.Ordinal);
            host.Out.WriteLine($"[{call.Key}] {call.First()!["tool"]}: {string.Join(", ", names)}");
        }
    }

    private static string NameOf(JsonObject row) => row["id"]?.ToString() ?? string.Join(
        ' ', new[] { "period", "deployment_id", "model_id", "task_type", "group", "kind", "metric" }.Select(n => row[n]?.ToString()).Where(v => v is not null).Take(2));
}
