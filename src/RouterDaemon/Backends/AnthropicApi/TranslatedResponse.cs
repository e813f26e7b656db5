using System.Buffers;
using System.Text.Json;
using RouterDaemon.Core.Wire;
using RouterDaemon.Http;
using RouterDaemon.Relay;

namespace RouterDaemon.Backends.AnthropicApi;

/// <summary>An answer of Anthropic's Messages read as one of OpenAI's chat: event by event when it is streamed.</summary>
internal sealed class TranslatedResponse(BackendResponse inner, long createdUnixSeconds) : BackendResponse
{
    private const int FirstBufferBytes = 16 * 1024;
    private const int MaxEventBytes = 8 * 1024 * 1024;
    private const int MaxAnswerBytes = 64 * 1024 * 1024;

    private readonly MessagesEvents _events = new(createdUnixSeconds);
    private readonly ArrayBufferWriter<byte> _pending = new(1024);
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
    private int _filled;
    private int _resume;
    private int _sent;
    private bool _ended;

    private bool IsStream => inner.MediaType == "text/event-stream";

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
            MakeRoom();
            var read = await inner.ReadAsync(_buffer.AsMemory(_filled), cancellationToken).ConfigureAwait(false);
            _filled += read;
            _ended = read == 0;
            try
            {
                Translate();
            }
            catch (Exception e) when (e is JsonException or ApiException or InvalidOperationException)
            {
                throw new UpstreamException(RelayError.UpstreamProtocol, "sent an answer that is not Anthropic's Messages", e);
            }
        }

        var count = Math.Min(buffer.Length, _pending.WrittenCount - _sent);
        _pending.WrittenSpan.Slice(_sent, count).CopyTo(buffer.Span);
        _sent += count;
        return count;
    }

    public override ValueTask DisposeAsync()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        return inner.DisposeAsync();
    }

    private void Translate()
    {
        if (IsStream)
        {
            TranslateEvents();
        }
        else if (_ended && Status is >= 200 and <= 299)
        {
            MessagesAnswer.Write(_buffer.AsMemory(0, _filled), _pending, createdUnixSeconds);
        }
        else if (_ended)
        {
            MessagesAnswer.WriteError(_buffer.AsMemory(0, _filled), _pending);
        }
    }

    private void TranslateEvents()
    {
        var at = 0;
        while (SseScanner.TryReadEvent(_buffer.AsSpan(at, _filled - at), _ended, ref _resume, out var e))
        {
            if (e.Kind is SseEventKind.Data or SseEventKind.Event && e.Data.Length > 0)
            {
                if (e.MultiLine)
                {
                    var joined = new byte[e.Data.Length];
                    _events.Write(joined.AsMemory(0, SseScanner.CopyData(_buffer.AsSpan(at, _filled - at), e, joined)), _pending);
                }
                else
                {
                    _events.Write(_buffer.AsMemory(at + e.Data.Offset, e.Data.Length), _pending);
                }
            }

            at += e.Length;
        }

        _buffer.AsSpan(at, _filled - at).CopyTo(_buffer);
        _filled -= at;
    }

    private void MakeRoom()
    {
        if (_filled < _buffer.Length)
        {
            return;
        }

        if (_filled >= (IsStream ? MaxEventBytes : MaxAnswerBytes))
        {
            throw new UpstreamException(RelayError.UpstreamProtocol, $"sent {(IsStream ? "an event" : "an answer")} larger than {_filled} bytes");
        }

        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
