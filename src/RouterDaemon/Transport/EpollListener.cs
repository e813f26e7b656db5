using System.Net;
using System.Net.Sockets;
using RouterDaemon.Native.Linux;

namespace RouterDaemon.Transport;

/// <summary>Accepts on one loop and hands the connections out to all of them in turn.</summary>
internal sealed class EpollListener(EpollTransport transport, EpollLoop loop, Socket socket, Action<Channel> accepted, Action<SocketException> onError)
    : ChannelListener, IEpollSource
{
    // sockaddr families on Linux (bits/socket.h).
    private const byte Inet = 2, Inet6 = 10;

    private readonly byte[] _address = new byte[LinuxSocket.MaxAddressBytes];
    private int _isClosed;
    private int _isRetrying;

    /// <inheritdoc/>
    public int Slot { get; set; }

    /// <summary>Begins to accept.</summary>
    public void Watch() => loop.Add(this, socket.SafeHandle);

    /// <inheritdoc/>
    public void OnReady(in ReadyEvent ready) => AcceptAll();

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            loop.Remove(this);
            socket.Dispose();
        }
    }

    /// <summary>The event comes once for all that wait. On the loop's thread, or alone after a failure.</summary>
    private void AcceptAll()
    {
        while (Volatile.Read(ref _isClosed) == 0)
        {
            LinuxSocket? connection;
            IPAddress? peer;
            try
            {
                lock (_address)
                {
                    connection = LinuxSocket.TryAccept(socket.SafeHandle, _address, out var length);
                    peer = connection is null ? null : PeerOf(_address.AsSpan(0, length));
                }
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e)
            {
                if (Volatile.Read(ref _isClosed) == 0)
                {
                    onError(e);
                    RetryLater();
                }

                return;
            }

            if (connection is null)
            {
                return;
            }

            if (peer is not null)
            {
                connection.TuneTcp();
            }

            var channel = new EpollChannel(connection, transport.NextLoop(), peer);
            try
            {
                channel.Watch();
            }
            catch (SocketException e)
            {
                channel.Dispose();
                onError(e);
                continue;
            }

            accepted(channel);
        }
    }

    /// <summary>No event will come for those that wait already.</summary>
    private async void RetryLater()
    {
        if (Interlocked.Exchange(ref _isRetrying, 1) == 0)
        {
            await Task.Delay(RetryDelay).ConfigureAwait(false);
            Volatile.Write(ref _isRetrying, 0);
            AcceptAll();
        }
    }

    /// <summary>The address in a sockaddr_in or sockaddr_in6 (netinet/in.h); null = a Unix socket's.</summary>
    private static IPAddress? PeerOf(ReadOnlySpan<byte> address)
    {
        switch (address)
        {
            case [Inet, 0, ..] when address.Length >= 8:
                return new IPAddress(address.Slice(4, 4));
            case [Inet6, 0, ..] when address.Length >= 24:
                var six = new IPAddress(address.Slice(8, 16));
                return six.IsIPv4MappedToIPv6 ? six.MapToIPv4() : six;
            default:
                return null;
        }
    }
}
