using System.Text.Json;
using RouterDaemon.Config.Schema;
using RouterDaemon.Relay;
using RouterDaemon.Store;
using RouterDaemon.Store.Context;
using RouterDaemon.Store.Replay;

namespace RouterDaemon.Cli;

/// <summary>
/// <c>routerd explain --request ID</c>: a recorded decision, predicted against actual. Of sampled decisions every candidate with every term, priced again
/// from the recorded inputs; of the others winner and runner-up as recorded. Reads the store's file; the daemon may run.
/// </summary>
internal static class PastDecision
{
    public static async Task<int> ShowAsync(CliHost host, string path, string id, bool asJson, CancellationToken cancellation)
    {
        try
        {
            using var reader = new ContextReader(path, TimeProvider.System);
            if (await reader.ReadAsync((connection, _) => RecordedDecision.Read(connection, id), cancellation).ConfigureAwait(false) is not { } past)
            {
                await host.Error.WriteLineAsync($"routerd: no request {Quoted.Text(id)} in {path} (what has just ended is written within seconds)").ConfigureAwait(false);
                return ExitCode.Failed;
            }

            if (asJson)
            {
                CliJson.Write(host, json => Write(json, id, past));
            }
            else
            {
                WriteTables(host, id, past);
            }

            return ExitCode.Done;
        }
        catch (Exception e) when (e is StoreException or ContextException)
        {
            await host.Error.WriteLineAsync($"routerd: {e.Message}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    private static void WriteTables(CliHost host, string id, RecordedDecision past)
    {
        host.Out.WriteLine(
            $"{id}, {past.CreatedAt}: {past.Model ?? "no model"}, policy {past.Policy ?? "none"}, {past.Kind ?? "not routed"} -> {past.DeploymentId ?? "none"}, "
            + $"{past.Outcome} at attempt {past.Attempts}");
        using var document = JsonDocument.Parse(ToJson(id, past));
        var root = document.RootElement;
        var table = new CliTable("", "ttft_ms", "itl_ms", "cost_usd");
        foreach (var name in (string[])["predicted", "actual"])
        {
            var figures = root.GetProperty(name);
            table.Add(name, DecisionTables.Number(figures, "ttft_ms"), DecisionTables.Number(figures, "itl_ms"), DecisionTables.Number(figures, "cost_usd"));
        }

        table.Write(host);
        DecisionTables.Write(host, root);
    }

    private static byte[] ToJson(string id, RecordedDecision past)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            Write(json, id, past);
        }

        return stream.ToArray();
    }

    private static void Write(Utf8JsonWriter json, string id, RecordedDecision past)
    {
        json.WriteStartObject();
        json.WriteString("request_id", id);
        json.WriteString("created_at", past.CreatedAt);
        json.WriteString("model", past.Model);
        json.WriteString("policy", past.Policy);
        json.WriteString("decision", past.Kind);
        json.WriteString("outcome", past.Outcome);
        json.WriteNumber("attempts", past.Attempts);
        json.WriteString("deployment", past.DeploymentId);
        json.WriteString("runner_up", past.RunnerUp);
        json.WriteBoolean("sampled", past.Inputs is not null);
        if (past.Inputs is { } inputs)
        {
            var ids = inputs.DeploymentIds;
            DecisionJson.WriteCandidates(json, number => ids[number], inputs.Explain());
        }
        else
        {
            WriteRecorded(json, past);
        }

        json.WriteStartObject("predicted");
        WriteFigures(json, past.Predicted);
        json.WriteEndObject();
        json.WriteStartObject("actual");
        WriteFigures(json, past.Actual);
        json.WriteNumber("prompt_tokens", past.PromptTokens);
        json.WriteNumber("completion_tokens", past.CompletionTokens);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Winner and runner-up in the form of candidates, with the terms that every decision leaves.</summary>
    private static void WriteRecorded(Utf8JsonWriter json, RecordedDecision past)
    {
        json.WriteStartArray("candidates");
        if (!past.Terms.IsEmpty)
        {
            using var terms = JsonDocument.Parse(past.Terms);
            WriteRecorded(json, past.DeploymentId, terms.RootElement.GetProperty("winner"), past.Predicted);
            WriteRecorded(json, past.RunnerUp, terms.RootElement.GetProperty("runner_up"), null);
        }

        json.WriteEndArray();
        json.WriteStartArray("masked");
        json.WriteEndArray();
    }

    private static void WriteRecorded(Utf8JsonWriter json, string? deployment, JsonElement terms, RecordedDecision.Figures? predicted)
    {
        if (deployment is null)
        {
            return;
        }

        json.WriteStartObject();
        json.WriteString("deployment", deployment);
        if (predicted is { } figures)
        {
            WriteFigures(json, figures);
        }

        json.WriteStartObject("terms_usd");
        foreach (var term in terms.EnumerateObject())
        {
            json.WritePropertyName(term.Name.EndsWith("_usd", StringComparison.Ordinal) ? term.Name[..^"_usd".Length] : term.Name);
            term.Value.WriteTo(json);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteFigures(Utf8JsonWriter json, RecordedDecision.Figures figures)
    {
        Number(json, "ttft_ms", figures.TtftMs);
        Number(json, "itl_ms", figures.ItlMs);
        Number(json, "cost_usd", figures.CostUsd);
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
