using System.IO.Pipelines;

namespace RouterDaemon.Relay;

/// <summary>
/// Sends to the client what was written. While it does not read, one read of the upstream is held beside the kernel's
/// buffer; after <c>limits.client_stall</c> its connection is closed, and nobody blames the upstream.
/// </summary>
internal static class ClientFlush
{
    /// <summary>What became of a flush. <see cref="RelayError.None"/> = sent.</summary>
    public static ValueTask<RelayError> ResultAsync(ValueTask<FlushResult> flush, InferenceCall call, Attempt attempt, Clock clock) =>
        flush.IsCompletedSuccessfully
            ? ValueTask.FromResult(flush.Result.IsCompleted ? Gone(attempt) : RelayError.None)
            : WaitAsync(flush, call, attempt, clock);

    private static async ValueTask<RelayError> WaitAsync(ValueTask<FlushResult> flush, InferenceCall call, Attempt attempt, Clock clock)
    {
        // While the client is awaited the upstream's silence is ours.
        attempt.EnterBounded(RelayError.ClientStalled, clock.After(call.Fleet.Config.Limits.ClientStall), call.DeadlineTimestamp);
        using var abort = attempt.CreateToken().UnsafeRegister(static http => ((HttpContext)http!).Abort(), call.Context.Http);
        try
        {
            var result = await flush.ConfigureAwait(false);
            return result.IsCompleted || result.IsCanceled ? Gone(attempt) : RelayError.None;
        }
        catch (OperationCanceledException)
        {
            return Gone(attempt);
        }
    }

    /// <summary>What became of a client whose connection is no more.</summary>
    public static RelayError Gone(Attempt attempt) => attempt.Cause == RelayError.None ? RelayError.ClientGone : attempt.Cause;
}
