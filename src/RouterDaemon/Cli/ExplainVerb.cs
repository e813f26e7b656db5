using System.CommandLine;
using System.Text;
using System.Text.Json;
using RouterDaemon.Config.Schema;

namespace RouterDaemon.Cli;

/// <summary>
/// <c>routerd explain -m auto "prompt"</c>: the decision for a request, with every candidate and every term, without running it;
/// <c>routerd explain --request ID</c>: that of a request of the past.
/// </summary>
internal static class ExplainVerb
{
    public static Command Create(CliHost host)
    {
        var model = new Option<string>("--model", "-m") { Description = "Model, deployment or virtual model.", DefaultValueFactory = _ => "auto" };
        var maxTokens = new Option<int?>("--max-tokens") { Description = "Longest answer in tokens." };
        var url = new Option<string?>("--url") { Description = "Where the daemon is; default as configured.", HelpName = "URL" };
        var request = new Option<string?>("--request") { Description = "Id of a request of the past (x-request-id), explained from the store.", HelpName = "ID" };
        var json = GlobalOptions.Json();
        var prompt = new Argument<string?>("PROMPT") { Description = "What would be asked.", Arity = ArgumentArity.ZeroOrOne };
        prompt.Validators.Add(result =>
        {
            // Else a misspelt option would be explained as a prompt.
            if (result.Tokens is [{ Value: var text }, ..] && text.StartsWith("--", StringComparison.Ordinal))
            {
                result.AddError($"Unrecognized option '{text}'.");
            }
        });
        var command = new Command("explain", "Show how the running daemon would route a request, or how it routed one.") { model, maxTokens, url, request, json, prompt };
        command.Validators.Add(result =>
        {
            if ((result.GetValue(request) is null) == (result.GetValue(prompt) is null))
            {
                result.AddError("Give a prompt, or --request with the id of a request of the past.");
            }
        });
        command.SetAction(async (parsed, cancellation) =>
        {
            if (host.Load(parsed.GetValue(GlobalOptions.Config), out _) is not { } loaded)
            {
                return ExitCode.BadConfiguration;
            }

            if (parsed.GetValue(request) is { } id)
            {
                return await PastDecision.ShowAsync(host, loaded.Config.EffectiveContextDatabasePath, id, parsed.GetValue(json), cancellation).ConfigureAwait(false);
            }

            Uri? place = null;
            if (parsed.GetValue(url) is { } text && HttpUrlType.TryParse(text, out place) is { } wrong)
            {
                await host.Error.WriteLineAsync($"routerd: --url: {wrong.Replace("{}", Quoted.Text(text), StringComparison.Ordinal)}").ConfigureAwait(false);
                return ExitCode.WrongUsage;
            }

            using var client = new DaemonClient(loaded.Config, place);
            var body = Body(parsed.GetValue(model)!, parsed.GetValue(prompt)!, parsed.GetValue(maxTokens));
            var (status, answer) = await client.SendAsync(HttpMethod.Post, "/v1/route/explain", body, cancellation).ConfigureAwait(false);
            return Answer(host, (int)status, answer, parsed.GetValue(json));
        });
        return command;
    }

    private static string Body(string model, string prompt, int? maxTokens)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("model", model);
            json.WriteStartArray("messages");
            json.WriteStartObject();
            json.WriteString("role", "user");
            json.WriteString("content", prompt);
            json.WriteEndObject();
            json.WriteEndArray();
            if (maxTokens is { } limit)
            {
                json.WriteNumber("max_tokens", limit);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static int Answer(CliHost host, int status, byte[] body, bool asJson)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            host.Error.WriteLine($"routerd: the answer (status {status}) is not JSON: is this a routerd?");
            return ExitCode.Failed;
        }

        using (document)
        {
            var root = document.RootElement;
            if (asJson)
            {
                CliJson.Write(host, root.WriteTo);
            }
            else if (status == 200)
            {
                host.Out.WriteLine(
                    $"{DecisionTables.Text(root, "model")}, policy {DecisionTables.Text(root, "policy")}, "
                    + $"about {DecisionTables.Text(root, "prompt_tokens_estimate")} prompt tokens -> {DecisionTables.Text(root, "would_choose")}");
                DecisionTables.Write(host, root);
            }

            if (status != 200)
            {
                var message = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                    && error.TryGetProperty("message", out var text) ? text.ToString() : "no reason given";
                host.Error.WriteLine($"routerd: status {status}: {message}");
            }
        }

        return status == 200 ? ExitCode.Done : ExitCode.Failed;
    }
}
