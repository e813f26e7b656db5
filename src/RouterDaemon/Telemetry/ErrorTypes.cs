using RouterDaemon.Relay;
using RouterDaemon.Store.Journal;

namespace RouterDaemon.Telemetry;

/// <summary>Values of <c>error.type</c> in metrics, traces and log lines: few, and none of them comes from outside.</summary>
internal static class ErrorTypes
{
    /// <summary>Number of values, the empty one of a success included.</summary>
    public const int Count = (int)RelayError.HedgeLost + 4;

    private const int Refused = (int)RelayError.HedgeLost + 1;
    private const int Masked = Refused + 1;
    private const int Internal = Masked + 1;

    /// <summary>The number of how a request ended; 0 = it succeeded.</summary>
    public static int IndexOf(InferenceCall call) => call.Outcome switch
    {
        RequestOutcome.Success or RequestOutcome.Cached => 0,
        RequestOutcome.Masked => Masked,
        _ when call.Error != RelayError.None => (int)call.Error,
        RequestOutcome.Refused or RequestOutcome.RateLimited => Refused,
        RequestOutcome.Timeout => (int)RelayError.Deadline,
        RequestOutcome.Cancelled => (int)RelayError.ClientGone,
        _ => Internal,
    };

    /// <summary>A value by its number.</summary>
    public static string NameOf(int index) => index switch
    {
        (int)RelayError.None => "",
        (int)RelayError.UpstreamConnect => "upstream_connect",
        (int)RelayError.UpstreamConnectTimeout => "upstream_connect_timeout",
        (int)RelayError.UpstreamReset => "upstream_reset",
        (int)RelayError.UpstreamFirstTokenTimeout => "upstream_first_token_timeout",
        (int)RelayError.UpstreamBetweenTokensTimeout => "upstream_between_tokens_timeout",
        (int)RelayError.UpstreamTruncated => "upstream_truncated",
        (int)RelayError.UpstreamProtocol => "upstream_protocol",
        (int)RelayError.UpstreamErrorBody => "upstream_error_body",
        (int)RelayError.UpstreamStatus => "upstream_status",
        (int)RelayError.UpstreamRateLimited => "upstream_rate_limited",
        (int)RelayError.RequestRefused => "request_refused",
        (int)RelayError.Untranslatable => "untranslatable",
        (int)RelayError.ClientGone => "client_gone",
        (int)RelayError.ClientStalled => "client_stalled",
        (int)RelayError.Deadline => "deadline",
        (int)RelayError.ShuttingDown => "shutting_down",
        (int)RelayError.HedgeLost => "hedge_lost",
        Refused => "refused",
        Masked => "nothing_usable",
        _ => "internal",
    };
}
