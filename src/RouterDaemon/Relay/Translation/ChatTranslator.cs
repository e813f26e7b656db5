using System.Buffers;
using System.Text.Json;
using RouterDaemon.Core.Wire;
using RouterDaemon.Http;

namespace RouterDaemon.Relay.Translation;

/// <summary>An answer in OpenAI's chat dialect for a client of another one: chunk by chunk, with nothing held back.</summary>
internal abstract class ChatTranslator : AnswerPath
{
    private readonly ChatDelta _delta = new();

    /// <summary>Usage of the answer as far as it was reported.</summary>
    protected ChatUsage Usage { get; } = new();

    /// <summary>The last finish reason; null = none yet.</summary>
    protected string? FinishReason { get; private set; }

    /// <summary>The stop string that was met, if the upstream says it.</summary>
    protected string? StopSequence { get; private set; }

    public sealed override void Forward(IBufferWriter<byte> output, ReadOnlySpan<byte> events)
    {
        var resume = 0;
        while (events.Length > 0 && SseScanner.TryReadEvent(events, endOfStream: true, ref resume, out var e))
        {
            if (e.Kind is SseEventKind.Data or SseEventKind.Event)
            {
                if (e.MultiLine)
                {
                    var joined = new byte[e.Data.Length];
                    Take(output, joined.AsSpan(0, SseScanner.CopyData(events, e, joined)));
                }
                else
                {
                    Take(output, e.Data.Of(events));
                }
            }

            events = events[e.Length..];
        }
    }

    public sealed override void Answer(IBufferWriter<byte> output, ReadOnlySpan<byte> answer, InferenceCall call)
    {
        ChatReader.Read(answer, _delta);
        Note();
        CountWhereSilent(call);
        using var json = new Utf8JsonWriter(output, JsonDefaults.Writer);
        WriteAnswer(json, _delta, call);
    }

    public sealed override void End(IBufferWriter<byte> output, InferenceCall call)
    {
        CountWhereSilent(call);
        WriteEnd(output, call);
    }

    /// <summary>Writes what one chunk means.</summary>
    protected abstract void WriteChunk(IBufferWriter<byte> output, ChatDelta chunk);

    /// <summary>Writes the end of the stream.</summary>
    protected abstract void WriteEnd(IBufferWriter<byte> output, InferenceCall call);

    /// <summary>Writes a whole answer, one JSON object.</summary>
    protected abstract void WriteAnswer(Utf8JsonWriter json, ChatDelta answer, InferenceCall call);

    private void Take(IBufferWriter<byte> output, ReadOnlySpan<byte> data)
    {
        if (data.Length == 0 || data.SequenceEqual("[DONE]"u8))
        {
            return;
        }

        ChatReader.Read(data, _delta);
        Note();
        WriteChunk(output, _delta);
    }

    /// <summary>An upstream that reports no usage: the relay's own count stands, as it does for billing.</summary>
    private void CountWhereSilent(InferenceCall call)
    {
        if (!Usage.IsReported)
        {
            Usage.Take(call.Usage);
        }
    }

    private void Note()
    {
        FinishReason = _delta.FinishReason ?? FinishReason;
        StopSequence = _delta.StopSequence ?? StopSequence;
        Usage.Take(_delta);
    }
}
