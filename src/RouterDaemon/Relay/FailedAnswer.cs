using RouterDaemon.Http;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Relay;

/// <summary>What a client gets when no attempt delivered: recorded first, and at the end of the stream when one has begun.</summary>
internal sealed class FailedAnswer(RequestRecorder recorder)
{
    /// <summary>Answers with an error of the daemon's own.</summary>
    public async ValueTask WriteAsync(InferenceCall call, ApiError error)
    {
        if (await EndedStreamAsync(call, error).ConfigureAwait(false))
        {
            return;
        }

        if (call.Deployment is not null)
        {
            ResponseHeaders.Write(call.Context.Http.Response, call);
        }

        await ErrorWriter.WriteAsync(call.Context, error).ConfigureAwait(false);
    }

    /// <summary>Answers with the refusal of an upstream, or of the engine.</summary>
    public async ValueTask RefuseAsync(InferenceCall call, AttemptResult result, ApiError refusal)
    {
        if (result.ClientBody is not { } body || refusal.Status != result.Status)
        {
            await WriteAsync(call, refusal).ConfigureAwait(false);
            return;
        }

        if (await EndedStreamAsync(call, refusal).ConfigureAwait(false))
        {
            return;
        }

        var response = call.Context.Http.Response;
        ResponseHeaders.Write(response, call);
        response.StatusCode = refusal.Status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, call.Context.Http.RequestAborted).ConfigureAwait(false);
    }

    private async ValueTask<bool> EndedStreamAsync(InferenceCall call, ApiError error)
    {
        call.HttpStatus = error.Status;
        recorder.Record(call);
        if (call.Output is not { } output || !await output.StopKeepAliveAsync().ConfigureAwait(false))
        {
            return false;
        }

        call.Client.WriteError(await output.BeginAsync().ConfigureAwait(false), error);
        await output.EndAsync().ConfigureAwait(false);
        return true;
    }
}
