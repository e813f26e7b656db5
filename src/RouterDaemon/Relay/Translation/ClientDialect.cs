using System.Buffers;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Wire;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation;

/// <summary>
/// The client's side of one request: what its body means in OpenAI's chat dialect, into which every request is translated once at
/// the entrance, and how answers reach it. Between a client and a backend of the same dialect bytes go through.
/// </summary>
internal abstract class ClientDialect
{
    /// <summary>The dialect in which a backend that speaks it gets the body as the client wrote it; null = always translated.</summary>
    public virtual Dialect? Native => null;

    /// <summary>Scan of the body as the client wrote it; only with <see cref="Native"/>.</summary>
    public RequestPeek NativePeek;

    /// <summary>A field that only a backend of the <see cref="Native"/> dialect can honour; null = everything was translated.</summary>
    public string? UntranslatableField { get; protected set; }

    /// <summary>What a deployment must have beyond what the translated body asks for.</summary>
    public Capability Required => UntranslatableField is null ? Capability.None : Capability.AnthropicMessages;

    /// <summary>Content type of a streamed answer.</summary>
    public virtual string StreamMediaType => "text/event-stream";

    /// <summary>Sent while an upstream is silent; empty = nothing.</summary>
    public virtual ReadOnlyMemory<byte> KeepAlive => OpenAiDialect.KeepAliveComment;

    /// <summary>Reads the body and hands its translation to the call. False: the request asked for no inference and was answered.</summary>
    /// <exception cref="ApiException">400 or 422 naming the field.</exception>
    public abstract ValueTask<bool> TranslateAsync(InferenceCall call);

    /// <summary>The way of answers that come in a backend's dialect; the same object for every attempt, so that a stream can go on elsewhere.</summary>
    public abstract AnswerPath PathFrom(Dialect backend, InferenceCall call);

    /// <summary>The event that ends a stream which failed.</summary>
    public abstract void WriteError(IBufferWriter<byte> output, ApiError error);
}
