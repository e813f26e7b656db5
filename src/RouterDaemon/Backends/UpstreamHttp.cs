using System.Net;
using RouterDaemon.Backends.Http1;
using RouterDaemon.Config;

namespace RouterDaemon.Backends;

/// <summary>Makes the pooled connections to one backend.</summary>
internal static class UpstreamHttp
{
    private const int MaxResponseHeadersKiB = 64;

    /// <summary>The framework's client for one backend: TLS, HTTP/2, proxies.</summary>
    public static HttpMessageInvoker Create(BackendConfig config) => Create(config.Timeouts.Connect);

    /// <summary>The framework's client, with a limit for connecting.</summary>
    public static HttpMessageInvoker Create(TimeSpan connectTimeout) => new(new SocketsHttpHandler
    {
        // A redirect could carry the prompt and the key to another host.
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = connectTimeout,
        PooledConnectionIdleTimeout = Http1Pool.MaxIdle,
        PooledConnectionLifetime = Http1Pool.MaxAge,
        EnableMultipleHttp2Connections = true,
        MaxResponseHeadersLength = MaxResponseHeadersKiB,
        ResponseDrainTimeout = TimeSpan.FromMilliseconds(100),
        InitialHttp2StreamWindowSize = 1024 * 1024,
    });

    /// <summary>Our own client, for an upstream that is reached in plain text and without a proxy; null for all others.</summary>
    public static Http1Client? CreatePlain(BackendConfig config)
    {
        var url = config.Url!;
        if (url.Scheme != Uri.UriSchemeHttp || HttpClient.DefaultProxy.GetProxy(url) is { } proxy && proxy != url)
        {
            return null;
        }

        var connector = new Http1Connector(url.IdnHost.Trim('[', ']'), url.Port, null, config.Timeouts.Connect, TimeProvider.System);
        return new Http1Client(new Http1Pool(connector, TimeProvider.System));
    }
}
