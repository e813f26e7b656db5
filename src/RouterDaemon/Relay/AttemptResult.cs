using RouterDaemon.Core.Routing;
using RouterDaemon.Http;

namespace RouterDaemon.Relay;

/// <summary>What one attempt came to.</summary>
/// <param name="Error">What failed; <see cref="RelayError.None"/> = a whole answer was delivered.</param>
/// <param name="Delivered">True when the client has an answer, or the beginning of one: there is nothing left to retry.</param>
internal readonly record struct AttemptResult(RelayError Error, bool Delivered)
{
    /// <summary>A whole answer.</summary>
    public static readonly AttemptResult Success = new(RelayError.None, true);

    /// <summary>The sentence for the client; null when there is nothing to say.</summary>
    public string? Message { get; init; }

    /// <summary>Answer the client as it is: the request itself was at fault.</summary>
    public ApiError? ClientError { get; init; }

    /// <summary>An upstream's own error body in OpenAI's envelope, sent on as it came; null = none.</summary>
    public byte[]? ClientBody { get; init; }

    /// <summary>When the upstream asked to be left alone until.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The upstream's status, 0 = there was none.</summary>
    public int Status { get; init; }

    /// <summary>True when a refusal cost nothing there, false when work may have been done and billed.</summary>
    public bool WasCheap { get; init; }

    /// <summary>What it teaches about the deployment.</summary>
    public OutcomeKind Kind => Error switch
    {
        RelayError.None => OutcomeKind.Success,
        RelayError.RequestRefused or RelayError.Untranslatable => OutcomeKind.RequestError,
        RelayError.UpstreamRateLimited => OutcomeKind.RateLimited,
        RelayError.UpstreamFirstTokenTimeout or RelayError.UpstreamBetweenTokensTimeout or RelayError.UpstreamConnectTimeout => OutcomeKind.Timeout,
        RelayError.ClientGone or RelayError.ClientStalled or RelayError.ShuttingDown or RelayError.HedgeLost => OutcomeKind.Cancelled,
        // The client's own deadline says little about a deployment that was still within its limits.
        RelayError.Deadline => OutcomeKind.Cancelled,
        _ => OutcomeKind.UpstreamError,
    };
}
