using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Agents.Loop;
using RouterDaemon.Agents.Tools;
using RouterDaemon.Config;
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
        var command = new Command("ask", "Answer a question from the store; every step is shown.") { question, json };
        command.SetAction((parsed, cancellation) => WithStore(host, parsed, async config =>
        {
            using var reader = new ContextReader(config.EffectiveContextDatabasePath, TimeProvider.System);
            var agent = new ContextAgent(new ToolRegistry(reader), null, TimeProvider.System);
            await foreach (var step in agent.AskAsync(parsed.GetValue(question)!, cancellation).ConfigureAwait(false))
            {
                Show(host, step, parsed.GetValue(json));
            }

            return ExitCode.Done;
        }));
        return command;
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
                break;
            case AgentEventKind.ToolCall:
                host.Error.WriteLine($"  {step.Tool} {step.Data?.ToJsonString(CompactJson.Options)}");
                break;
            case AgentEventKind.Note:
                host.Error.WriteLine(step.Text);
                break;
        }
    }
}
