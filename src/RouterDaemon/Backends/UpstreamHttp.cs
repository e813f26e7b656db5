using System.Net;
using System.Net.Sockets;

namespace RouterDaemon.Backends;

/// <summary>Makes the pooled connections to one backend.</summary>
internal static class UpstreamHttp
{
    private const int MaxResponseHeadersKiB = 64;

    /// <summary>Connections to one backend, over TCP or over the Unix socket <paramref name="socketPath"/>.</summary>
    public static HttpMessageInvoker Create(TimeSpan connectTimeout, string? socketPath = null)
    {
        var handler = new SocketsHttpHandler
        {
            // A redirect could carry the prompt and the key to another host.
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = connectTimeout,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(90),
            // New connections look the name up again, so a moved backend is found without a restart.
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            EnableMultipleHttp2Connections = true,
            MaxResponseHeadersLength = MaxResponseHeadersKiB,
            ResponseDrainTimeout = TimeSpan.FromMilliseconds(100),
            InitialHttp2StreamWindowSize = 1024 * 1024,
        };
        if (socketPath is not null)
        {
            handler.ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken).ConfigureAwait(false);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }

        return new HttpMessageInvoker(handler);
    }
}
