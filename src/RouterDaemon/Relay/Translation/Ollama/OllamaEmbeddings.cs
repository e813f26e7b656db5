using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation.Ollama;

/// <summary>OpenAI's embeddings as Ollama's. Vectors are never streamed.</summary>
internal sealed class OllamaEmbeddings(InferenceCall call) : AnswerPath
{
    public override void Forward(IBufferWriter<byte> output, ReadOnlySpan<byte> events) => throw new UnreachableException();

    public override void End(IBufferWriter<byte> output, InferenceCall call) => throw new UnreachableException();

    public override void Answer(IBufferWriter<byte> output, ReadOnlySpan<byte> answer, InferenceCall _)
    {
        var reader = new Utf8JsonReader(answer);
        using var document = JsonDocument.ParseValue(ref reader);
        using var json = new Utf8JsonWriter(output, JsonDefaults.Writer);
        json.WriteStartObject();
        json.WriteString("model", call.ModelName);
        json.WriteStartArray("embeddings");
        if (document.RootElement.TryGet("data", out var data) && data.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in data.EnumerateArray())
            {
                if (item.ValueKind == JsonValueKind.Object && item.TryGet("embedding", out var vector))
                {
                    vector.WriteTo(json);
                }
            }
        }

        json.WriteEndArray();
        OllamaTime.WriteDurations(json, call);
        json.WriteNumber("prompt_eval_count", call.Usage.PromptTokens);
        json.WriteEndObject();
    }
}
