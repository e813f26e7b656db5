using System.Buffers;
using System.Text.Unicode;
using RouterDaemon.Backends;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.Wire;
using RouterDaemon.Http;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Relay;

/// <summary>Carries one attempt's whole answer: read to its end and found sound before a byte goes to the client.</summary>
internal sealed class AnswerRelay(InferenceCall call, Attempt attempt, Router router, RequestRecorder recorder, RelayOptions options, Clock clock)
{
    private const int FirstBufferBytes = 8 * 1024;

    /// <summary>Relays one answer.</summary>
    public async ValueTask<AttemptResult> RunAsync(BackendResponse response, Lease lease)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        var length = 0;
        try
        {
            while (true)
            {
                if (length == buffer.Length)
                {
                    if (length >= options.MaxAnswerBytes)
                    {
                        return Fail(RelayError.UpstreamProtocol, $"sent an answer larger than {options.MaxAnswerBytes} bytes");
                    }

                    var larger = ArrayPool<byte>.Shared.Rent(length * 2);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                var read = await response.ReadAsync(buffer.AsMemory(length), attempt.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                length += read;
                attempt.EnterBounded(RelayError.UpstreamBetweenTokensTimeout, clock.After(attempt.Backend.Timeouts.BetweenTokens), call.DeadlineTimestamp);
            }

            return await DeliverAsync(buffer.AsMemory(0, length), response.Dialect, lease).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (attempt.Cause != RelayError.None)
        {
            return attempt.Cause == RelayError.ClientGone
                ? new AttemptResult(RelayError.ClientGone, true)
                : Fail(attempt.Cause, "did not finish its answer in time");
        }
        catch (UpstreamException e)
        {
            return new AttemptResult(e.Error, false)
            {
                Message = $"{attempt.Deployment.Id}: {e.Message}",
                ClientError = e.ClientError,
                RetryAfter = e.RetryAfter,
            };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask<AttemptResult> DeliverAsync(ReadOnlyMemory<byte> answer, Dialect dialect, Lease lease)
    {
        var path = call.Client.PathFrom(dialect, call);
        if (answer.Length > options.MaxInlineScanBytes)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        var facts = new ChunkFacts { CachedTokens = -1 };
        path.ScanAnswer(answer.Span, ref facts);
        attempt.Span?.TakeModel(facts.ModelValue.Of(answer.Span));
        if (facts.Malformed || !Utf8.IsValid(answer.Span))
        {
            return Fail(RelayError.UpstreamProtocol, "sent an answer that is not JSON in UTF-8");
        }

        if (facts.HasError)
        {
            return Fail(RelayError.UpstreamErrorBody, "failed: " + UpstreamErrors.MessageOf(answer.Span));
        }

        call.Usage.Take(facts);
        InferenceRelay.CountDelivered(call, lease, AttemptResult.Success);
        lease.Finish(router, AttemptResult.Success, call, clock.NowNs);
        call.FinishReason = facts.FinishReason;
        recorder.RecordSuccess(call);
        call.Recording?.Take(answer.Span);
        call.Recording?.Complete(dialect, call);

        var http = call.Context.Http;
        attempt.TryClaim(call);
        http.Response.StatusCode = 200;
        ResponseHeaders.Write(http.Response, call);
        http.Response.ContentType = "application/json";
        if (!path.IsPassThrough)
        {
            var translated = new ArrayBufferWriter<byte>(answer.Length + 256);
            path.Answer(translated, answer.Span, call);
            answer = translated.WrittenMemory;
        }

        var writer = http.Response.BodyWriter;
        if (call.Hints.Explain && answer.Span.LastIndexOf((byte)'}') is var close and > 0)
        {
            writer.Write(answer.Span[..close]);
            ClosingMetadata.WriteMember(writer, call);
            writer.Write(answer.Span[close..]);
        }
        else
        {
            http.Response.ContentLength = answer.Length;
            writer.Write(answer.Span);
        }

        return new AttemptResult(await ClientFlush.ResultAsync(writer.FlushAsync(), call, attempt, clock).ConfigureAwait(false), true);
    }

    private AttemptResult Fail(RelayError error, string text) => new(error, false) { Message = $"{attempt.Deployment.Id}: {text}" };
}
