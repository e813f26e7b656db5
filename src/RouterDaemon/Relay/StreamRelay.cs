using System.Buffers;
using System.Text.Unicode;
using RouterDaemon.Backends;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.Wire;
using RouterDaemon.Http;
using RouterDaemon.Relay.Translation;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Relay;

/// <summary>
/// Carries one attempt's event stream to the client: bytes go on as they came, events are read in place. Nothing is sent before
/// the first content, so that until then another deployment can take over; afterwards a fault is an <c>error</c> event.
/// </summary>
internal sealed class StreamRelay(InferenceCall call, Attempt attempt, Router router, RequestRecorder recorder, RelayOptions options, Clock clock)
{
    private const int FirstBufferBytes = 4 * 1024;

    private AnswerPath _path = OpenAiPassThrough.Instance;
    private Dialect _dialect;
    private byte[] _buffer = [];
    private int _filled;
    private int _scanned;
    private int _forwarded;
    private int _resume;
    private int _end;
    private bool _hasContent;
    private TokenUsage _usage;
    private FinishReason _finish;
    private bool _isDone;
    private string? _errorText;

    /// <summary>Kept for a rescue. In a race two attempts read at once, and what the loser read is nobody's text: there it is not kept.</summary>
    private DeliveredText? Delivered => attempt.Race is null ? call.Delivered : null;

    /// <summary>Relays until the stream ends or fails.</summary>
    public async ValueTask<AttemptResult> RunAsync(BackendResponse response, Lease lease)
    {
        _dialect = response.Dialect;
        _path = call.Client.PathFrom(_dialect, call);
        _buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        try
        {
            while (true)
            {
                MakeRoom();
                if (_filled - _scanned > options.MaxEventBytes)
                {
                    return await FailAsync(RelayError.UpstreamProtocol, $"sent an event larger than {options.MaxEventBytes} bytes").ConfigureAwait(false);
                }

                int read;
                try
                {
                    read = await response.ReadAsync(_buffer.AsMemory(_filled), attempt.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (attempt.Cause != RelayError.None)
                {
                    return await FailAsync(attempt.Cause, TimeoutText(attempt.Cause)).ConfigureAwait(false);
                }
                catch (UpstreamException e)
                {
                    return e.ClientError is { } refusal && !_hasContent
                        ? new AttemptResult(e.Error, false) { ClientError = refusal, Message = e.Message, RetryAfter = e.RetryAfter }
                        : await FailAsync(e.Error, e.Message).ConfigureAwait(false);
                }

                _filled += read;
                var fault = Scan(read == 0, lease);
                if (_hasContent && !attempt.TryClaim(call))
                {
                    // The winner may not have come to it yet, and a connection that is not cancelled would be read on for a while.
                    attempt.Cancel(RelayError.HedgeLost);
                    return new AttemptResult(RelayError.HedgeLost, false);
                }

                if (_usage.IsReported)
                {
                    call.Usage = _usage;
                }

                if (fault != RelayError.None)
                {
                    return await FailAsync(fault, _errorText ?? "sent something that is no event stream").ConfigureAwait(false);
                }

                if (read == 0 || _isDone)
                {
                    return await EndAsync(lease).ConfigureAwait(false);
                }

                if (_hasContent && await ForwardAsync().ConfigureAwait(false) is var lost and not RelayError.None)
                {
                    return new AttemptResult(lost, true);
                }

                if (_hasContent)
                {
                    attempt.EnterBounded(RelayError.UpstreamBetweenTokensTimeout, clock.After(attempt.Backend.Timeouts.BetweenTokens), call.DeadlineTimestamp);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }

    /// <summary>Reads whole events; stops at the first fault.</summary>
    private RelayError Scan(bool atEnd, Lease lease)
    {
        while (!_isDone && SseScanner.TryReadEvent(_buffer.AsSpan(_scanned, _filled - _scanned), atEnd, ref _resume, out var e))
        {
            var fault = e.Kind switch
            {
                SseEventKind.Done => Done(),
                SseEventKind.Comment => Pass(e.Length),
                _ => Take(e, lease),
            };
            if (fault != RelayError.None)
            {
                return fault;
            }

            _scanned += e.Length;
        }

        return RelayError.None;
    }

    /// <summary>Comments of an upstream go on; lines that are neither comment nor data are noise and do not.</summary>
    private RelayError Pass(int length)
    {
        if (_buffer[_scanned] != (byte)':')
        {
            Drop(length);
        }

        return RelayError.None;
    }

    private RelayError Done()
    {
        _isDone = true;
        _end = _scanned;
        return RelayError.None;
    }

    private RelayError Take(in SseEvent e, Lease lease)
    {
        var data = e.Data.Of(_buffer.AsSpan(_scanned));
        if (e.MultiLine)
        {
            var joined = new byte[e.Data.Length];
            data = joined.AsSpan(0, SseScanner.CopyData(_buffer.AsSpan(_scanned), e, joined));
        }

        var facts = new ChunkFacts { CachedTokens = -1 };
        _path.ScanEvent(data, ref facts);
        attempt.Span?.TakeModel(facts.ModelValue.Of(data));
        if (facts.Malformed || !Utf8.IsValid(data))
        {
            return RelayError.UpstreamProtocol;
        }

        if (facts.HasError)
        {
            _errorText = "failed: " + UpstreamErrors.MessageOf(data);
            return RelayError.UpstreamErrorBody;
        }

        _usage.Take(facts);
        if (facts.HasContent)
        {
            lease.OnContent(router, clock.NowNs);
            Delivered?.Take(data, facts);
            _hasContent = true;
        }

        if (facts.FinishReason != FinishReason.None)
        {
            // An answer can be whole without content: an empty message, a refused tool.
            _finish = facts.FinishReason;
            _hasContent = true;
        }

        if (facts.IsEnd)
        {
            return Done();
        }

        if ((facts.IsUsageOnly && !call.Peek.IncludeUsage) || (!_hasContent && call.Rescues.Count > 0))
        {
            // A stream that goes on elsewhere has begun already: its second role chunk is noise.
            Drop(e.Length);
        }

        return RelayError.None;
    }

    /// <summary>Takes the event at the scan position out of what is forwarded, by moving what lies before it over it.</summary>
    private void Drop(int length)
    {
        var pending = _scanned - _forwarded;
        _buffer.AsSpan(_forwarded, pending).CopyTo(_buffer.AsSpan(_forwarded + length));
        _forwarded += length;
    }

    private void Forward(IBufferWriter<byte> writer, int end)
    {
        var events = _buffer.AsSpan(_forwarded, end - _forwarded);
        call.Recording?.Take(events);
        _path.Forward(writer, events);
    }

    private async ValueTask<RelayError> ForwardAsync()
    {
        if (_scanned == _forwarded)
        {
            return RelayError.None;
        }

        var writer = await call.Output!.BeginAsync().ConfigureAwait(false);
        Forward(writer, _scanned);
        _forwarded = _scanned;
        return await SendAsync().ConfigureAwait(false);
    }

    private async ValueTask<AttemptResult> EndAsync(Lease lease)
    {
        if (!_isDone && _finish == FinishReason.None)
        {
            return await FailAsync(RelayError.UpstreamTruncated, "ended its answer before it was complete").ConfigureAwait(false);
        }

        if (!_hasContent && _isDone)
        {
            return await FailAsync(RelayError.UpstreamProtocol, "sent no content").ConfigureAwait(false);
        }

        // The closing event is ours, so that a missing one of a whole answer is made good and metadata can stand before it.
        var writer = await call.Output!.BeginAsync().ConfigureAwait(false);
        Forward(writer, _isDone ? _end : _scanned);
        lease.Measure(call, clock);
        InferenceRelay.CountDelivered(call, lease, AttemptResult.Success);
        lease.Finish(router, AttemptResult.Success, call, clock.NowNs);
        call.FinishReason = _finish;
        recorder.RecordSuccess(call);
        call.Recording?.Complete(_dialect, call);
        _path.End(writer, call);
        return new AttemptResult(await SendAsync().ConfigureAwait(false), true);
    }

    private async ValueTask<AttemptResult> FailAsync(RelayError error, string text)
    {
        var message = $"{attempt.Deployment.Id}: {text}";
        if (error is RelayError.ClientGone or RelayError.ClientStalled)
        {
            return new AttemptResult(error, true);
        }

        if (!_hasContent)
        {
            return new AttemptResult(error, false) { Message = message };
        }

        // Whole events before the fault were delivered work: they reach the client first.
        var rescue = _path is OpenAiPassThrough && Delivered is { CanContinue: true } && error is not (RelayError.Deadline or RelayError.ShuttingDown);
        var writer = await call.Output!.BeginAsync().ConfigureAwait(false);
        _path.Forward(writer, _buffer.AsSpan(_forwarded, _scanned - _forwarded));
        if (!rescue)
        {
            call.Client.WriteError(writer, FinalErrors.InStream(error, message));
        }

        var lost = await SendAsync().ConfigureAwait(false);
        return rescue && lost == RelayError.None
            ? new AttemptResult(error, false) { Message = message, IsMidStream = true }
            : new AttemptResult(error, true) { Message = message };
    }

    /// <summary>Gives the turn back and sends. Anything but <see cref="RelayError.None"/>: the client lost the rest.</summary>
    private ValueTask<RelayError> SendAsync() => ClientFlush.ResultAsync(call.Output!.EndAsync(), call, attempt, clock);

    private static string TimeoutText(RelayError cause) => cause switch
    {
        RelayError.UpstreamFirstTokenTimeout => "sent no first token in time",
        RelayError.UpstreamBetweenTokensTimeout => "fell silent in the middle of its answer",
        RelayError.Deadline => "was still answering when the request's deadline passed",
        RelayError.ShuttingDown => "was still answering when the daemon stopped",
        _ => "was cancelled",
    };

    private void MakeRoom()
    {
        if (_forwarded > 0 && _hasContent)
        {
            _buffer.AsSpan(_forwarded, _filled - _forwarded).CopyTo(_buffer);
            _filled -= _forwarded;
            _scanned -= _forwarded;
            _forwarded = 0;
        }

        if (_filled == _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(0, _filled).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
    }
}
