using System.Buffers;
using System.Text.Json;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation.LocalAgent;

/// <summary>OpenAI's chat answers as <c>{text, model, usage, timing}</c>; streamed as events of <c>{text}</c>, the last one with the rest.</summary>
internal sealed class InferTranslator(InferenceCall call) : ChatTranslator
{
    protected override void WriteChunk(IBufferWriter<byte> output, ChatDelta chunk)
    {
        if (chunk.Text.Length == 0)
        {
            return;
        }

        SseWriter.Begin(output);
        using (var json = new Utf8JsonWriter(output, JsonDefaults.Writer))
        {
            json.WriteStartObject();
            json.WriteString("text", chunk.Text);
            json.WriteEndObject();
        }

        SseWriter.End(output);
    }

    protected override void WriteEnd(IBufferWriter<byte> output, InferenceCall call)
    {
        SseWriter.Begin(output);
        using (var json = new Utf8JsonWriter(output, JsonDefaults.Writer))
        {
            WriteObject(json, "", isStream: true);
        }

        output.Write("\n\ndata: [DONE]\n\n"u8);
    }

    protected override void WriteAnswer(Utf8JsonWriter json, ChatDelta answer, InferenceCall call) => WriteObject(json, answer.Text, isStream: false);

    private void WriteObject(Utf8JsonWriter json, string text, bool isStream)
    {
        json.WriteStartObject();
        json.WriteString("text", text);
        json.WriteString("model", call.Deployment?.ModelId ?? call.ModelName);
        json.WriteString("finish_reason", FinishReason ?? "stop");
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", Usage.PromptTokens);
        json.WriteNumber("completion_tokens", Usage.CompletionTokens);
        json.WriteNumber("total_tokens", Usage.PromptTokens + Usage.CompletionTokens);
        json.WriteEndObject();
        json.WriteStartObject("timing");
        json.WriteNumber("total_ms", Math.Round(call.ElapsedNs * 1e-6, 3));
        if (double.IsFinite(call.TtftMs))
        {
            json.WriteNumber("ttft_ms", Math.Round(call.TtftMs, 3));
        }

        json.WriteEndObject();
        if (isStream && ClosingMetadata.IsDue(call))
        {
            json.WritePropertyName("routerd");
            ClosingMetadata.Write(json, call);
        }

        json.WriteEndObject();
    }
}
