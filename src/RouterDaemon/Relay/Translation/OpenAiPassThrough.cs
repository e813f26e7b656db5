using System.Buffers;

namespace RouterDaemon.Relay.Translation;

/// <summary>OpenAI to OpenAI: bytes.</summary>
internal sealed class OpenAiPassThrough : AnswerPath
{
    public static readonly OpenAiPassThrough Instance = new();

    private static readonly byte[] DoneEvent = "data: [DONE]\n\n"u8.ToArray();

    private OpenAiPassThrough()
    {
    }

    public override bool IsPassThrough => true;

    public override void Forward(IBufferWriter<byte> output, ReadOnlySpan<byte> events) => output.Write(events);

    public override void End(IBufferWriter<byte> output, InferenceCall call)
    {
        ClosingMetadata.WriteEvent(output, call);
        output.Write(DoneEvent);
    }

    public override void Answer(IBufferWriter<byte> output, ReadOnlySpan<byte> answer, InferenceCall call) => output.Write(answer);
}
