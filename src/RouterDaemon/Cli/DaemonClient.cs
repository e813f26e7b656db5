using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using RouterDaemon.Config;

namespace RouterDaemon.Cli;

/// <summary>Speaks to the daemon that runs with this configuration, over its own listen address.</summary>
internal sealed class DaemonClient : IDisposable
{
    private readonly HttpClient _http;

    /// <param name="config">Says where the daemon listens and, with the environment, its admin key.</param>
    /// <param name="url">Where the daemon is instead; null = as configured.</param>
    /// <param name="apiKey">Key to show instead of the admin key; null = the admin key, when there is one.</param>
    public DaemonClient(RouterdConfig config, Uri? url, string? apiKey = null)
    {
        var listen = config.Listen.FirstOrDefault(a => a.IsLoopback && a.Kind != ListenKind.Https) ?? config.Listen[0];
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(2) };
        if (url is null && listen.SocketPath is { } socketPath)
        {
            handler.ConnectCallback = async (_, cancellation) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellation).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            };
        }

        _http = new HttpClient(handler) { BaseAddress = url ?? Address(listen), Timeout = TimeSpan.FromSeconds(60) };
        Place = url?.ToString() ?? listen.Url;
        if (apiKey is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
        }
        else if (config.Admin.Key is { } key)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Reveal());
        }
    }

    /// <summary>For messages.</summary>
    public string Place { get; }

    /// <summary>Status and body of an answer.</summary>
    /// <exception cref="IOException">The daemon does not answer; the message says what to do.</exception>
    public async Task<(HttpStatusCode Status, byte[] Body)> SendAsync(HttpMethod method, string path, string? json, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
        {
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        }

        using var response = await OpenAsync(request, cancellation).ConfigureAwait(false);
        return (response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false));
    }

    /// <summary>Sends a request and answers as soon as the head of the answer is there, for streams.</summary>
    /// <exception cref="IOException">The daemon does not answer; the message says what to do.</exception>
    public async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        }
        catch (HttpRequestException failed)
        {
            throw new IOException($"no daemon answers at {Place} ({failed.InnerException?.Message ?? failed.Message}); start it with \"routerd serve\"", failed);
        }
        catch (TaskCanceledException late) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"the daemon at {Place} did not answer within {_http.Timeout.TotalSeconds:0} s", late);
        }
    }

    public void Dispose() => _http.Dispose();

    private static Uri Address(ListenAddress listen)
    {
        if (listen.Kind == ListenKind.Unix)
        {
            return new Uri("http://localhost");
        }

        // Listening on every address includes the loopback one.
        var any = IPAddress.TryParse(listen.Host, out var ip) && (ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any));
        return new Uri(any ? $"{(listen.Kind == ListenKind.Https ? "https" : "http")}://127.0.0.1:{listen.Port}" : listen.Url);
    }
}
