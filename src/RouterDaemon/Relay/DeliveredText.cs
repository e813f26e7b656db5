using System.Buffers;
using System.Text;
using System.Text.Json;
using RouterDaemon.Backends;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Relay;

/// <summary>
/// The text that a client has of a streamed answer, kept so that another deployment can go on with it (<c>retries.rescue</c>). Plain
/// text of one choice only: a tool call, a reasoning part or a format that is enforced cannot be taken up in the middle.
/// </summary>
internal sealed class DeliveredText
{
    /// <summary>Longer answers are not rescued: the text would be sent and read a second time.</summary>
    public const int MaxBytes = 256 * 1024;

    private readonly ArrayBufferWriter<byte> _text = new(1024);

    /// <summary>False once something was delivered that cannot be continued.</summary>
    public bool CanContinue { get; private set; } = true;

    /// <summary>A collector for the request, or null when its answer cannot be continued at all.</summary>
    public static DeliveredText? For(Operation operation, in RequestPeek peek) =>
        operation == Operation.Chat && peek is { Stream: true, N: <= 1, HasTools: false, LogProbs: false, ContinuesAssistant: false }
        && peek.ResponseFormat == ResponseFormatKind.Text
            ? new DeliveredText()
            : null;

    /// <summary>Takes the text of a chunk with content that goes to the client.</summary>
    public void Take(ReadOnlySpan<byte> chunk, in ChunkFacts facts)
    {
        CanContinue &= !facts.HasToolCalls && facts.ReasoningBytes == 0 && facts.ChoiceCount == 1 && facts.FinishReason == FinishReason.None
            && _text.WrittenCount + facts.ContentBytes <= MaxBytes;
        if (!CanContinue)
        {
            return;
        }

        var reader = new Utf8JsonReader(chunk);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 4 && reader.ValueTextEquals("content"u8)
                && reader.Read() && reader.TokenType == JsonTokenType.String)
            {
                var target = _text.GetSpan(Math.Max(1, reader.ValueSpan.Length));
                _text.Advance(reader.CopyString(target));
            }
        }
    }

    /// <summary>The assistant's message so far, with the comma that joins it to the messages before it.</summary>
    public byte[] ToMessage() => Encoding.UTF8.GetBytes($",{{\"role\":\"assistant\",\"content\":\"{JsonEncodedText.Encode(_text.WrittenSpan)}\"}}");
}
