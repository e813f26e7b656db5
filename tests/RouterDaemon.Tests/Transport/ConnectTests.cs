#pragma warning disable xUnit1051 // Every wait here has a limit of its own.
using System.Net;
using System.Net.Sockets;
using RouterDaemon.SystemTests.Support;
using RouterDaemon.Transport;
using Xunit;

namespace RouterDaemon.Tests.Transport;

/// <summary>How connections begin, and what is left when they are over.</summary>
public sealed class ConnectTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task WhereNobodyListensIsRefused(string kind)
    {
        EndPoint endpoint;
        SocketTransport transport;
        using (var listener = new TestListener(kind))
            (endpoint, transport) = (listener.EndPoint, listener.Transport);
        SocketException e = await Assert.ThrowsAsync<SocketException>(() => transport.ConnectAsync(endpoint, CancellationToken.None).AsTask().WaitAsync(Limit));
        Assert.True(e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.AddressNotAvailable, e.SocketErrorCode.ToString());
        if (!TransportKinds.IsUnix(kind))
            return;

        // The file of a listener that is gone.
        string path = Path.Combine(Path.GetTempPath(), $"rd-{Guid.NewGuid():N}"[..20]);
        var stale = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        stale.Bind(new UnixDomainSocketEndPoint(path));
        try
        {
            e = await Assert.ThrowsAsync<SocketException>(() => transport.ConnectAsync(new UnixDomainSocketEndPoint(path), CancellationToken.None).AsTask().WaitAsync(Limit));
            Assert.Equal(SocketError.ConnectionRefused, e.SocketErrorCode);
        }
        finally
        {
            stale.Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task AConnectThatWasCancelledBeforeIsNone(string kind)
    {
        using var listener = new TestListener(kind);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listener.Transport.ConnectAsync(listener.EndPoint, new CancellationToken(true)).AsTask().WaitAsync(Limit));
    }

    [Theory]
    [MemberData(nameof(TransportKinds.Tcp), MemberType = typeof(TransportKinds))]
    public async Task AConnectThatWaitsCanBeCancelled(string kind)
    {
        // Linux drops the SYN of a connection for which the backlog has no room.
        Assert.SkipUnless(OperatingSystem.IsLinux(), "a full backlog is refused elsewhere");
        using var full = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        full.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        full.Listen(1);
        SocketTransport transport = TransportKinds.Transport(kind);
        List<Socket> waiting = [.. Enumerable.Range(0, 8).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))];
        try
        {
            foreach (Socket socket in waiting)
                _ = socket.ConnectAsync(full.LocalEndPoint!);
            for (int i = 0; i < 20; i++)
            {
                using var cancel = new CancellationTokenSource();
                Task<Channel> connecting = transport.ConnectAsync(full.LocalEndPoint!, cancel.Token).AsTask();
                Assert.False(connecting.IsCompleted);
                cancel.Cancel();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Limit));
            }
        }
        finally
        {
            waiting.ForEach(s => s.Dispose());
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task CancellingAtAnyMomentGivesAConnectionOrNone(string kind)
    {
        using var listener = new TestListener(kind);
        for (int i = 0; i < 300; i++)
        {
            using var cancel = new CancellationTokenSource();
            Task cancelling = Task.Run(cancel.Cancel);
            try
            {
                using Channel channel = await listener.Transport.ConnectAsync(listener.EndPoint, cancel.Token).AsTask().WaitAsync(Limit);
                // One that was given is a whole one.
                await channel.SendAsync(new byte[1]).AsTask().WaitAsync(Limit);
            }
            catch (OperationCanceledException)
            {
                // Or it was cancelled in time.
            }

            await cancelling.WaitAsync(Limit);
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task ThePeersAddressIsKnown(string kind)
    {
        using var listener = new TestListener(kind);
        (Channel client, Channel server) = await listener.PairAsync();
        using (client)
        using (server)
        {
            IPAddress? expected = TransportKinds.IsUnix(kind) ? null : IPAddress.Loopback;
            Assert.Equal(expected, server.RemoteAddress);
            Assert.Equal(expected, client.RemoteAddress);
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.Tcp), MemberType = typeof(TransportKinds))]
    public async Task AnOldAddressStaysOneOnADualListener(string kind)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "no IPv6 here");
        using var listener = new TestListener(kind, new IPEndPoint(IPAddress.IPv6Any, 0));
        int port = ((IPEndPoint)listener.EndPoint).Port;
        foreach (IPAddress address in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
        {
            using Channel client = await listener.Transport.ConnectAsync(new IPEndPoint(address, port), CancellationToken.None).AsTask().WaitAsync(Limit);
            using Channel server = await listener.AcceptAsync();
            Assert.Equal(address, server.RemoteAddress);
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task ManyConnectAtOnceAndLeaveNothingBehind(string kind)
    {
        const int Count = 200;
        int before = Descriptors();
        for (int round = 0; round < 3; round++)
        {
            using var listener = new TestListener(kind);
            Task<Channel>[] connecting = [.. Enumerable.Range(0, Count).Select(_ => Task.Run(async () => await listener.Transport.ConnectAsync(listener.EndPoint, CancellationToken.None)))];
            Channel[] clients = await Task.WhenAll(connecting).WaitAsync(Limit);
            var servers = new List<Channel>();
            for (int i = 0; i < Count; i++)
                servers.Add(await listener.AcceptAsync());
            for (int i = 0; i < Count; i++)
                await clients[i].SendAsync(new[] { (byte)i }).AsTask().WaitAsync(Limit);
            // Accepted in whatever order: each has one byte, and every byte is there as often as it was sent.
            var seen = new List<byte>();
            var buffer = new byte[10];
            foreach (Channel server in servers)
            {
                Assert.Equal(1, await server.ReceiveAsync(buffer).AsTask().WaitAsync(Limit));
                seen.Add(buffer[0]);
            }

            Assert.Equal(Enumerable.Range(0, Count).Select(i => (byte)i).Order(), seen.Order());
            Assert.Empty(listener.Errors);
            foreach (Channel channel in clients.Concat(servers))
                channel.Dispose();
        }

        // Other tests open some too; 1,200 were opened here.
        if (OperatingSystem.IsLinux())
            await Eventually.TrueAsync(() => Descriptors() < before + 200, Limit, () => $"{Descriptors() - before} descriptors more than before");
    }

    private static int Descriptors() => OperatingSystem.IsLinux() ? Directory.GetFiles("/proc/self/fd").Length : 0;
}
