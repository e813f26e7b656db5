using System.Buffers;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation;

/// <summary>OpenAI's chat, completions and embeddings: what the relay speaks itself, so nothing is translated.</summary>
internal sealed class OpenAiDialect : ClientDialect
{
    /// <summary>A comment: clients of event streams skip it.</summary>
    public static readonly ReadOnlyMemory<byte> KeepAliveComment = ": keep-alive\n\n"u8.ToArray();

    /// <summary>The one instance: it holds nothing of a request.</summary>
    public static readonly OpenAiDialect Instance = new();

    private OpenAiDialect()
    {
    }

    public override ValueTask<bool> TranslateAsync(InferenceCall call) => ValueTask.FromResult(true);

    public override AnswerPath PathFrom(Dialect backend, InferenceCall call) => OpenAiPassThrough.Instance;

    public override void WriteError(IBufferWriter<byte> output, ApiError error) => ClosingMetadata.WriteError(output, error);
}
