using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using RouterDaemon.Config;
using RouterDaemon.Http.Server;
using RouterDaemon.Transport;

namespace RouterDaemon.Http;

/// <summary>Every address of <c>listen</c>: plain text and Unix sockets on our own server, TLS on Kestrel, which is made only for that.</summary>
internal sealed class Listeners : IDisposable
{
    private readonly RouterdConfig _config;
    private readonly RequestApplication _application;
    private readonly HttpServer _plain;
    private readonly IServer? _kestrel;
    private readonly List<string> _addresses = [];

    public Listeners(RouterdConfig config, RequestApplication application, SocketTransport transport, ILoggerFactory loggers, TimeProvider time)
    {
        _config = config;
        _application = application;
        _plain = new HttpServer(application, transport, config.Limits.MaxConnections, time, loggers.CreateLogger("routerd"));
        _kestrel = config.Listen.Any(l => l.Kind == ListenKind.Https) ? KestrelHost.Create(loggers, kestrel => ListenEntries.Configure(kestrel, config)) : null;
    }

    /// <summary>The addresses listened on, with the ports that were found free.</summary>
    public IReadOnlyList<string> Addresses => _addresses;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="SocketException">An address is in use or not ours; <see cref="ListenEntries.Explain"/> says it to people.</exception>
    public async Task StartAsync()
    {
        foreach (var listen in _config.Listen)
        {
            switch (listen.Kind)
            {
                case ListenKind.Unix:
                    ListenEntries.RemoveStaleSocket(listen.SocketPath!);
                    _plain.Listen(new UnixDomainSocketEndPoint(listen.SocketPath!));
                    _addresses.Add($"http://unix:{listen.SocketPath}");
                    break;
                case ListenKind.Http:
                    ListenPlain(listen);
                    break;
            }
        }

        if (_kestrel is not null)
        {
            await _kestrel.StartAsync(_application, CancellationToken.None).ConfigureAwait(false);
            _addresses.AddRange(_kestrel.Features.Get<IServerAddressesFeature>()?.Addresses ?? []);
        }
    }

    /// <summary>Takes nothing new and waits for what is answered. Cancelled: the rest is cut.</summary>
    public Task StopAsync(CancellationToken cut) => Task.WhenAll(_plain.StopAsync(cut), _kestrel?.StopAsync(cut) ?? Task.CompletedTask);

    /// <inheritdoc/>
    public void Dispose()
    {
        _plain.Dispose();
        _kestrel?.Dispose();
    }

    private void ListenPlain(ListenAddress listen)
    {
        SocketException? first = null;
        var before = _addresses.Count;
        foreach (var address in ListenEntries.AddressesOf(listen))
        {
            try
            {
                var bound = (IPEndPoint)_plain.Listen(new IPEndPoint(address, listen.Port));
                _addresses.Add($"http://{bound}");
            }
            catch (SocketException e)
            {
                first ??= e;
            }
        }

        // A machine may have one of localhost's two addresses only; the other being in use is no reason to be silent.
        if (first is not null && (_addresses.Count == before || first.SocketErrorCode == SocketError.AddressAlreadyInUse))
        {
            throw first;
        }
    }
}
