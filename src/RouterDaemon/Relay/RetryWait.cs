using RouterDaemon.Core.Routing;
using RouterDaemon.Http;

namespace RouterDaemon.Relay;

/// <summary>The pauses of a request between its attempts.</summary>
internal sealed class RetryWait(DeadlineWatch watch, RelayOptions options, Clock clock)
{
    /// <summary>
    /// Nothing is usable now. Waits when that may pass in time: for the earliest recovery, for a place, or before the same deployments are
    /// tried again. False = it may not.
    /// </summary>
    public async ValueTask<bool> WaitAsync(InferenceCall call, AttemptResult last)
    {
        var retries = call.Fleet.Config.Retries;
        var pause = TimeSpan.Zero;
        if (call.Choice.WaitingHelps)
        {
            pause = call.Choice.RecoveryNs > 0 ? TimeSpan.FromTicks(Math.Max(0, (call.Choice.RecoveryNs - clock.NowNs) / 100)) : options.FullPollInterval;
        }

        // An error of this machine's own engine (no such file, queue full) does not pass within a pause.
        if (call.Attempts > 0 && (call.Choice.Masked & MaskReason.Tried) != 0 && last.ClientError is null)
        {
            var backoff = retries.Backoff * Math.Pow(2, call.Attempts - 1);
            // Full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter"): half of it at least, so that a busy peer gets air.
            var jitter = 0.5 + (0.5 * ((call.Route.Seed >> 11) * (1.0 / (1UL << 53))));
            var again = last.RetryAfter is { } asked && asked > backoff ? asked : backoff * jitter;
            pause = again > pause ? again : pause;
        }
        else if (!call.Choice.WaitingHelps)
        {
            return false;
        }

        pause = pause > options.LeastWait ? pause : options.LeastWait;
        if (call.Waited + pause > retries.MaxWait || clock.After(pause) >= call.DeadlineTimestamp)
        {
            return false;
        }

        call.Waited += pause;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(call.Context.Http.RequestAborted, watch.Stopping);
        try
        {
            await Task.Delay(pause, clock.Time, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (watch.Stopping.IsCancellationRequested)
        {
            throw new ApiException(FinalErrors.InStream(RelayError.ShuttingDown, "The daemon is stopping."));
        }

        call.Route.Tried = default;
        return true;
    }
}
