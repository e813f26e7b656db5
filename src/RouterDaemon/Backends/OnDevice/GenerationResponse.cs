using System.Buffers;
using System.Text.Json;
using RouterDaemon.Engine;
using RouterDaemon.Http;

namespace RouterDaemon.Backends.OnDevice;

/// <summary>A generation as bytes in OpenAI's dialect: events of a stream, or one JSON answer.</summary>
internal sealed class GenerationResponse : BackendResponse
{
    private readonly Generation _generation;
    private readonly BackendRequest _request;
    private readonly long _created;
    private readonly bool _isChat;
    private readonly ArrayBufferWriter<byte> _pending = new(1024);
    private readonly ArrayBufferWriter<byte> _text = new(1024);
    private readonly List<TokenLogProb> _logProbs = [];
    private readonly Utf8JsonWriter _json;
    private int _sent;
    private bool _begun;
    private bool _ended;

    public GenerationResponse(Generation generation, BackendRequest request, long createdUnixSeconds)
    {
        _generation = generation;
        _request = request;
        _created = createdUnixSeconds;
        _isChat = request.Operation == Operation.Chat;
        _json = new Utf8JsonWriter(_pending, JsonDefaults.Writer);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        while (_sent == _pending.WrittenCount)
        {
            if (_ended)
            {
                return 0;
            }

            _pending.ResetWrittenCount();
            _sent = 0;
            try
            {
                if (!await _generation.Events.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    return 0;
                }
            }
            catch (EngineException e)
            {
                throw EngineErrors.ToUpstream(e);
            }

            // Everything that is ready goes out in one piece: a busy client costs fewer writes, an idle one waits for nothing.
            while (_pending.WrittenCount < buffer.Length && _generation.Events.TryRead(out var e))
            {
                Take(e);
            }
        }

        var count = Math.Min(buffer.Length, _pending.WrittenCount - _sent);
        _pending.WrittenSpan.Slice(_sent, count).CopyTo(buffer.Span);
        _sent += count;
        return count;
    }

    public override ValueTask DisposeAsync()
    {
        _json.Dispose();
        return _generation.DisposeAsync();
    }

    private void Take(in GenerationEvent e)
    {
        if (!_request.Peek.Stream)
        {
            _text.Write(e.Text.Span);
            _logProbs.AddRange(e.LogProbs ?? []);
            if (e.Finished is { } whole)
            {
                _ended = true;
                WriteAnswer(whole);
            }

            return;
        }

        if (!_begun)
        {
            _begun = true;
            if (_isChat)
            {
                WriteChunk(ReadOnlySpan<byte>.Empty, null, null, isRole: true);
            }
        }

        if (e.Text.Length > 0)
        {
            WriteChunk(e.Text.Span, e.LogProbs, null, isRole: false);
        }

        if (e.Finished is { } finished)
        {
            _ended = true;
            WriteChunk(ReadOnlySpan<byte>.Empty, null, finished, isRole: false);
            WriteUsageChunk(finished);
            _pending.Write("data: [DONE]\n\n"u8);
        }
    }

    private void WriteChunk(ReadOnlySpan<byte> text, IReadOnlyList<TokenLogProb>? logProbs, GenerationResult? finished, bool isRole)
    {
        BeginEvent();
        _json.WriteStartArray("choices");
        _json.WriteStartObject();
        _json.WriteNumber("index", 0);
        if (_isChat)
        {
            _json.WriteStartObject("delta");
            if (isRole)
            {
                _json.WriteString("role", "assistant");
                _json.WriteString("content", "");
            }
            else if (finished is null)
            {
                _json.WriteString("content", text);
            }

            _json.WriteEndObject();
        }
        else
        {
            _json.WriteString("text", text);
        }

        LogProbsJson.Write(_json, logProbs, _isChat);
        WriteFinishReason(finished);
        _json.WriteEndObject();
        _json.WriteEndArray();
        EndEvent();
    }

    /// <summary>Always sent; the relay drops it for a client that did not ask.</summary>
    private void WriteUsageChunk(GenerationResult finished)
    {
        BeginEvent();
        _json.WriteStartArray("choices");
        _json.WriteEndArray();
        WriteUsage(finished);
        EndEvent();
    }

    private void WriteAnswer(GenerationResult finished)
    {
        _json.Reset();
        _json.WriteStartObject();
        WriteHead(_isChat ? "chat.completion" : "text_completion");
        _json.WriteStartArray("choices");
        _json.WriteStartObject();
        _json.WriteNumber("index", 0);
        if (_isChat)
        {
            _json.WriteStartObject("message");
            _json.WriteString("role", "assistant");
            _json.WriteString("content", _text.WrittenSpan);
            _json.WriteNull("refusal");
            _json.WriteEndObject();
        }
        else
        {
            _json.WriteString("text", _text.WrittenSpan);
        }

        LogProbsJson.Write(_json, _logProbs.Count > 0 ? _logProbs : null, _isChat);
        WriteFinishReason(finished);
        _json.WriteEndObject();
        _json.WriteEndArray();
        WriteUsage(finished);
        _json.WriteEndObject();
        _json.Flush();
    }

    private void BeginEvent()
    {
        _pending.Write("data: "u8);
        _json.Reset();
        _json.WriteStartObject();
        WriteHead(_isChat ? "chat.completion.chunk" : "text_completion");
    }

    private void EndEvent()
    {
        _json.WriteEndObject();
        _json.Flush();
        _pending.Write("\n\n"u8);
    }

    private void WriteHead(string kind)
    {
        _json.WriteString("id", _isChat ? $"chatcmpl-{_request.RequestId}" : $"cmpl-{_request.RequestId}");
        _json.WriteString("object", kind);
        _json.WriteNumber("created", _created);
        _json.WriteString("model", _request.Deployment.ModelId);
        _json.WriteString("system_fingerprint", "routerd");
    }

    private void WriteFinishReason(GenerationResult? finished)
    {
        if (finished is null)
        {
            _json.WriteNull("finish_reason");
        }
        else
        {
            _json.WriteString("finish_reason", finished.Reason == FinishReason.Length ? "length" : "stop");
        }
    }

    private void WriteUsage(GenerationResult finished)
    {
        _json.WriteStartObject("usage");
        _json.WriteNumber("prompt_tokens", _generation.PromptTokens);
        _json.WriteNumber("completion_tokens", finished.CompletionTokens);
        _json.WriteNumber("total_tokens", _generation.PromptTokens + finished.CompletionTokens);
        _json.WriteStartObject("prompt_tokens_details");
        _json.WriteNumber("cached_tokens", _generation.CachedTokens);
        _json.WriteEndObject();
        _json.WriteEndObject();
    }
}
