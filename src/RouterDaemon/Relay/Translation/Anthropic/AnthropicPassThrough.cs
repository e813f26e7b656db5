using System.Buffers;
using System.Text.Json;
using RouterDaemon.Core.Wire;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation.Anthropic;

/// <summary>Anthropic to Anthropic: bytes, but for the closing event when it carries metadata.</summary>
internal sealed class AnthropicPassThrough : AnswerPath
{
    private static readonly byte[] StopEvent = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"u8.ToArray();

    private AnthropicEventScanner _scanner;

    public override bool IsPassThrough => true;

    public override void ScanEvent(ReadOnlySpan<byte> data, ref ChunkFacts facts) => _scanner.ScanEvent(data, ref facts);

    public override void ScanAnswer(ReadOnlySpan<byte> answer, ref ChunkFacts facts) => _scanner.ScanAnswer(answer, ref facts);

    public override void Forward(IBufferWriter<byte> output, ReadOnlySpan<byte> events) => output.Write(events);

    public override void End(IBufferWriter<byte> output, InferenceCall call)
    {
        if (!ClosingMetadata.IsDue(call))
        {
            output.Write(StopEvent);
            return;
        }

        SseWriter.Begin(output, "message_stop");
        using (var json = new Utf8JsonWriter(output, JsonDefaults.Writer))
        {
            json.WriteStartObject();
            json.WriteString("type", "message_stop");
            json.WritePropertyName("routerd");
            ClosingMetadata.Write(json, call);
            json.WriteEndObject();
        }

        SseWriter.End(output);
    }

    public override void Answer(IBufferWriter<byte> output, ReadOnlySpan<byte> answer, InferenceCall call) => output.Write(answer);
}
