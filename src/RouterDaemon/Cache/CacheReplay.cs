using System.Buffers;
using System.IO.Pipelines;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Relay;
using RouterDaemon.Store.Journal;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Cache;

/// <summary>Sends a kept answer to a client: by the same way as a deployment's, with the waits left out.</summary>
internal sealed class CacheReplay(RequestRecorder recorder, RelayOptions options, Clock clock)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    /// <summary>Answers the request.</summary>
    public async ValueTask SendAsync(InferenceCall call, CachedAnswer answer, DeploymentEntry deployment)
    {
        call.DecisionKind = DecisionKind.Cached;
        call.Deployment = deployment;
        call.Usage = answer.Usage;
        call.Outcome = RequestOutcome.Cached;
        call.HttpStatus = 200;
        var path = call.Client.PathFrom(answer.Dialect, call);
        if (call.Peek.Stream)
        {
            var output = call.OutputOf(options.KeepAliveInterval);
            var writer = await output.BeginAsync().ConfigureAwait(false);
            path.Forward(writer, answer.Body);
            call.TtftMs = clock.MsSince(call.Context.StartedTimestamp);
            recorder.Record(call);
            path.End(writer, call);
            await FlushAsync(call, output.EndAsync()).ConfigureAwait(false);
            return;
        }

        recorder.Record(call);
        ReadOnlyMemory<byte> body = answer.Body;
        if (!path.IsPassThrough)
        {
            var translated = new ArrayBufferWriter<byte>(body.Length + 256);
            path.Answer(translated, body.Span, call);
            body = translated.WrittenMemory;
        }

        var response = call.Context.Http.Response;
        response.StatusCode = 200;
        ResponseHeaders.Write(response, call);
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        response.BodyWriter.Write(body.Span);
        await FlushAsync(call, response.BodyWriter.FlushAsync()).ConfigureAwait(false);
    }

    /// <summary>A client that does not read is given up as it is elsewhere.</summary>
    private async ValueTask FlushAsync(InferenceCall call, ValueTask<FlushResult> flush)
    {
        if (flush.IsCompletedSuccessfully)
        {
            return;
        }

        var wait = clock.Until(Math.Min(clock.After(call.Fleet.Config.Limits.ClientStall), call.DeadlineTimestamp));
        using var stalled = new CancellationTokenSource(wait < LongestWait ? wait : LongestWait, clock.Time);
        using var abort = stalled.Token.UnsafeRegister(static http => ((HttpContext)http!).Abort(), call.Context.Http);
        try
        {
            await flush.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The client left or was given up: it was answered as far as it read, and it is recorded.
        }
    }
}
