using System.Net.Sockets;
using RouterDaemon.Relay;

namespace RouterDaemon.Backends.OpenAiCompatible;

/// <summary>Turns the HTTP client's exceptions into the daemon's errors.</summary>
internal static class UpstreamFailures
{
    /// <summary>The error that stands for <paramref name="e"/>; its text names no address and no key.</summary>
    public static UpstreamException From(HttpRequestException e) => e.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => new UpstreamException(RelayError.UpstreamConnect, "its host name is not known", e),
        HttpRequestError.ConnectionError => new UpstreamException(RelayError.UpstreamConnect, e.InnerException is SocketException s
            ? $"no connection ({s.SocketErrorCode})"
            : "no connection", e),
        HttpRequestError.SecureConnectionError => new UpstreamException(RelayError.UpstreamConnect, "TLS failed", e),
        HttpRequestError.InvalidResponse or HttpRequestError.HttpProtocolError or HttpRequestError.ConfigurationLimitExceeded =>
            new UpstreamException(RelayError.UpstreamProtocol, "the answer is not HTTP as it should be", e),
        _ => new UpstreamException(RelayError.UpstreamReset, "the connection broke before an answer came", e),
    };
}
