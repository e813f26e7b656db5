using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using RouterDaemon.Config.Schema;

namespace RouterDaemon.Cli;

/// <summary><c>routerd explain -m auto "prompt"</c>: the decision for a request, with every candidate and every term, without running it.</summary>
internal static class ExplainVerb
{
    public static Command Create(CliHost host)
    {
        var model = new Option<string>("--model", "-m") { Description = "Model, deployment or virtual model.", DefaultValueFactory = _ => "auto" };
        var maxTokens = new Option<int?>("--max-tokens") { Description = "Longest answer in tokens." };
        var url = new Option<string?>("--url") { Description = "Where the daemon is; default as configured.", HelpName = "URL" };
        var json = GlobalOptions.Json();
        var prompt = new Argument<string>("PROMPT") { Description = "What would be asked." };
        prompt.Validators.Add(result =>
        {
            // Else a misspelt option would be explained as a prompt.
            if (result.Tokens is [{ Value: var text }, ..] && text.StartsWith("--", StringComparison.Ordinal))
            {
                result.AddError($"Unrecognized option '{text}'.");
            }
        });
        var command = new Command("explain", "Show how the running daemon would route a request.") { model, maxTokens, url, json, prompt };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (host.Load(parsed.GetValue(GlobalOptions.Config), out _) is not { } loaded)
            {
                return ExitCode.BadConfiguration;
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
                WriteTables(host, root);
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

    private static void WriteTables(CliHost host, JsonElement root)
    {
        host.Out.WriteLine($"{Text(root, "model")}, policy {Text(root, "policy")}, about {Text(root, "prompt_tokens_estimate")} prompt tokens -> {Text(root, "would_choose")}");
        var candidates = Items(root, "candidates").ToList();
        if (candidates.Count > 0)
        {
            // The columns are those of the answer: a term that the daemon learns to weigh appears here by itself.
            var columns = candidates.SelectMany(Flatten).Select(c => c.Name).Distinct().ToList();
            var table = new CliTable([.. columns]);
            for (var i = 0; i < candidates.Count; i++)
            {
                var values = Flatten(candidates[i]).ToDictionary(c => c.Name, c => c.Value, StringComparer.Ordinal);
                var row = i;
                table.Add([.. columns.Select(c => (values.GetValueOrDefault(c, ""), row == 0 ? Tone.Good : Tone.Plain))]);
            }

            table.Write(host);
        }

        var masked = Items(root, "masked").ToList();
        if (masked.Count > 0)
        {
            var table = new CliTable("masked", "reasons", "ttft_ms", "itl_ms", "cost_usd", "total (USD)");
            foreach (var item in masked)
            {
                var total = item.TryGetProperty("terms_usd", out var terms) && terms.TryGetProperty("total", out var sum) ? Value(sum) : "";
                table.Add(
                    (Text(item, "deployment"), Tone.Dim), (string.Join(", ", Items(item, "reasons").Select(r => r.ToString())), Tone.Warning),
                    (Number(item, "ttft_ms"), Tone.Dim), (Number(item, "itl_ms"), Tone.Dim), (Number(item, "cost_usd"), Tone.Dim), (total, Tone.Dim));
            }

            table.Write(host);
        }
    }

    private static IEnumerable<JsonElement> Items(JsonElement of, string name) =>
        of.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];

    private static string Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? value.ToString() : "none";

    private static string Number(JsonElement of, string name) => of.TryGetProperty(name, out var value) ? Value(value) : "";

    private static IEnumerable<(string Name, string Value)> Flatten(JsonElement candidate) => candidate.EnumerateObject().SelectMany(p =>
        p.Value.ValueKind == JsonValueKind.Object
            ? p.Value.EnumerateObject().Select(t => ($"{t.Name} ({Unit(p.Name)})", Value(t.Value)))
            : [(p.Name, Value(p.Value))]);

    private static string Unit(string name) => name.StartsWith("terms_", StringComparison.Ordinal) ? name["terms_".Length..].ToUpperInvariant() : name;

    private static string Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble().ToString("0.######", CultureInfo.InvariantCulture),
        JsonValueKind.Null => "",
        _ => value.ToString(),
    };
}
