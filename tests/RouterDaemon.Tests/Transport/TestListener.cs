using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using RouterDaemon.Transport;

namespace RouterDaemon.Tests.Transport;

/// <summary>A listener of one kind, and what it accepted.</summary>
internal sealed class TestListener : IDisposable
{
    private readonly ConcurrentQueue<Channel> _accepted = new();
    private readonly SemaphoreSlim _count = new(0);
    private readonly ChannelListener _listener;

    public TestListener(string kind, EndPoint? endpoint = null)
    {
        Transport = TransportKinds.Transport(kind);
        endpoint ??= TransportKinds.IsUnix(kind)
            ? new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), $"rd-{Guid.NewGuid():N}"[..20]))
            : new IPEndPoint(IPAddress.Loopback, 0);
        _listener = Transport.Listen(
            endpoint,
            channel =>
            {
                _accepted.Enqueue(channel);
                _count.Release();
            },
            e => Errors.Add(e));
    }

    public SocketTransport Transport { get; }

    public ConcurrentBag<SocketException> Errors { get; } = [];

    public EndPoint EndPoint => _listener.LocalEndPoint;

    /// <summary>Both ends of a new connection.</summary>
    public async Task<(Channel Client, Channel Server)> PairAsync()
    {
        Channel client = await Transport.ConnectAsync(EndPoint, CancellationToken.None).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        return (client, await AcceptAsync());
    }

    /// <summary>A connection whose client is the framework's.</summary>
    public async Task<(Socket Client, Channel Server)> RawPairAsync()
    {
        var client = new Socket(EndPoint.AddressFamily, SocketType.Stream, EndPoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        await client.ConnectAsync(EndPoint).WaitAsync(TimeSpan.FromSeconds(30));
        return (client, await AcceptAsync());
    }

    public async Task<Channel> AcceptAsync()
    {
        Assert(await _count.WaitAsync(TimeSpan.FromSeconds(30)));
        return _accepted.TryDequeue(out Channel? channel) ? channel : throw new InvalidOperationException();
    }

    public void Dispose()
    {
        _listener.Dispose();
        while (_accepted.TryDequeue(out Channel? channel))
            channel.Dispose();
        _count.Dispose();
    }

    private static void Assert(bool accepted) => Xunit.Assert.True(accepted, "nothing was accepted in 30 s");
}
