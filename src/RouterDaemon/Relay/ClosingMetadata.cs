using System.Buffers;
using System.Text.Json;
using RouterDaemon.Core.Routing;
using RouterDaemon.Http;

namespace RouterDaemon.Relay;

/// <summary>
/// The <c>routerd</c> object at the end of an answer: the decision with every term, and what came of it. Sent when the client
/// asked for it, and when a keep-alive had committed headers that name no final deployment.
/// </summary>
internal static class ClosingMetadata
{
    /// <summary>True when the client asked for it, or when its headers name no final deployment.</summary>
    public static bool IsDue(InferenceCall call) => call.Hints.Explain || call.Rescues.Count > 0 || call.Output is { CommittedByKeepAlive: true };

    /// <summary>As the last event before <c>[DONE]</c>; nothing when it is not due.</summary>
    public static void WriteEvent(IBufferWriter<byte> output, InferenceCall call)
    {
        if (!IsDue(call))
        {
            return;
        }

        output.Write("data: "u8);
        using (var json = new Utf8JsonWriter(output, JsonDefaults.Writer))
        {
            json.WriteStartObject();
            json.WriteString("id", (call.Operation == Backends.Operation.Chat ? "chatcmpl-" : "cmpl-") + call.Context.RequestId);
            json.WriteString("object", call.Operation == Backends.Operation.Chat ? "chat.completion.chunk" : "text_completion");
            json.WriteNumber("created", call.Context.StartedUnixSeconds);
            json.WriteString("model", call.Deployment?.ModelId ?? call.ModelName);
            json.WriteStartArray("choices");
            json.WriteEndArray();
            json.WritePropertyName("routerd");
            Write(json, call);
            json.WriteEndObject();
        }

        output.Write("\n\n"u8);
    }

    /// <summary>As a further member in front of an object's closing brace.</summary>
    public static void WriteMember(IBufferWriter<byte> output, InferenceCall call)
    {
        output.Write(",\"routerd\":"u8);
        using var json = new Utf8JsonWriter(output, JsonDefaults.Writer);
        Write(json, call);
    }

    /// <summary>An <c>error</c> event; a stream that ends with it has no <c>[DONE]</c>.</summary>
    public static void WriteError(IBufferWriter<byte> output, ApiError error)
    {
        output.Write("data: "u8);
        ErrorWriter.Format(output, Dialect.OpenAi, error);
        output.Write("\n\n"u8);
    }

    /// <summary>The object itself.</summary>
    public static void Write(Utf8JsonWriter json, InferenceCall call)
    {
        var decision = call.Decision;
        json.WriteStartObject();
        json.WriteString("deployment", call.Deployment?.Id);
        json.WriteNumber("attempts", call.Attempts);
        json.WriteString("policy", RoutingPolicies.Table[decision.Policy].Name);
        WriteRescues(json, call);
        DecisionJson.WriteCandidates(json, number => call.Fleet.Snapshot.Deployments[number].Id, call.Reports.ToArray());
        json.WriteStartObject("predicted");
        json.WriteNumber("ttft_ms", Rounded(decision.WinnerTerms.TtftMs));
        json.WriteNumber("itl_ms", Rounded(decision.WinnerTerms.ItlMs));
        json.WriteNumber("output_tokens", Rounded(decision.WinnerTerms.OutputTokens));
        json.WriteNumber("cost_usd", decision.WinnerTerms.CostUsd);
        json.WriteEndObject();
        json.WriteStartObject("actual");
        WriteNumberOrNull(json, "ttft_ms", call.TtftMs);
        WriteNumberOrNull(json, "itl_ms", call.ItlMs);
        json.WriteNumber("prompt_tokens", call.Usage.PromptTokens);
        json.WriteNumber("cached_tokens", Math.Max(0, call.Usage.CachedTokens));
        json.WriteNumber("completion_tokens", call.Usage.CompletionTokens);
        json.WriteNumber("cost_usd", call.AnswerCostUsd);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteRescues(Utf8JsonWriter json, InferenceCall call)
    {
        if (call.Rescues.Count == 0)
        {
            return;
        }

        json.WriteStartArray("rescued");
        foreach (var rescue in call.Rescues)
        {
            json.WriteStartObject();
            json.WriteString("from", rescue.DeploymentId);
            json.WriteNumber("after_chunks", rescue.DeliveredChunks);
            json.WriteString("reason", rescue.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNumberOrNull(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, Rounded(value));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static double Rounded(double value) => double.IsFinite(value) ? Math.Round(value, 3) : 0;
}
