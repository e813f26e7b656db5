using System.Buffers;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Relay.Translation;

/// <summary>How an answer in a backend's dialect is read, and how it reaches the client.</summary>
internal abstract class AnswerPath
{
    /// <summary>True when bytes go on as they came.</summary>
    public virtual bool IsPassThrough => false;

    /// <summary>What one event of the backend's stream says.</summary>
    public virtual void ScanEvent(ReadOnlySpan<byte> data, ref ChunkFacts facts) => ChatChunkScanner.Scan(data, ref facts);

    /// <summary>What a whole answer of the backend says.</summary>
    public virtual void ScanAnswer(ReadOnlySpan<byte> answer, ref ChunkFacts facts) => ChatChunkScanner.Scan(answer, ref facts);

    /// <summary>Sends whole events on.</summary>
    public abstract void Forward(IBufferWriter<byte> output, ReadOnlySpan<byte> events);

    /// <summary>Ends a stream whose answer is whole, with the closing metadata where it is due.</summary>
    public abstract void End(IBufferWriter<byte> output, InferenceCall call);

    /// <summary>Sends a whole answer on.</summary>
    public abstract void Answer(IBufferWriter<byte> output, ReadOnlySpan<byte> answer, InferenceCall call);
}
