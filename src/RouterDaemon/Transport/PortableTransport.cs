using System.Net;
using System.Net.Sockets;

namespace RouterDaemon.Transport;

/// <summary>The framework's sockets.</summary>
internal sealed class PortableTransport : SocketTransport
{
    /// <inheritdoc/>
    public override async ValueTask<Channel> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken)
    {
        var ip = endpoint as IPEndPoint;
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ip is not null ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            Tune(socket, ip is not null);
            await socket.ConnectAsync(endpoint, cancellationToken).ConfigureAwait(false);
            return new PortableChannel(socket, ip?.Address);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override ChannelListener Listen(EndPoint endpoint, Action<Channel> accepted, Action<SocketException> onError)
    {
        var socket = OpenListener(endpoint);
        var listener = new Listener(socket, accepted, onError) { LocalEndPoint = socket.LocalEndPoint! };
        _ = listener.AcceptAllAsync();
        return listener;
    }

    private static void Tune(Socket socket, bool isTcp)
    {
        if (isTcp)
        {
            socket.NoDelay = true;
            // A peer that lost its power says nothing; the kernel finds out while a long answer is awaited.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        }
    }

    private sealed class Listener(Socket socket, Action<Channel> accepted, Action<SocketException> onError) : ChannelListener
    {
        private volatile bool _isClosed;

        public override void Dispose()
        {
            _isClosed = true;
            socket.Dispose();
        }

        /// <summary>Null = it broke before it could be used.</summary>
        private static PortableChannel? Wrap(Socket connection)
        {
            try
            {
                var peer = (connection.RemoteEndPoint as IPEndPoint)?.Address;
                Tune(connection, peer is not null);
                return new PortableChannel(connection, peer is { IsIPv4MappedToIPv6: true } ? peer.MapToIPv4() : peer);
            }
            catch (SocketException)
            {
                connection.Dispose();
                return null;
            }
        }

        public async Task AcceptAllAsync()
        {
            while (!_isClosed)
            {
                try
                {
                    if (Wrap(await socket.AcceptAsync().ConfigureAwait(false)) is { } channel)
                    {
                        accepted(channel);
                    }
                }
                catch (Exception e) when (_isClosed && e is SocketException or ObjectDisposedException or OperationCanceledException)
                {
                    return;
                }
                catch (SocketException e)
                {
                    if (e.SocketErrorCode != SocketError.ConnectionAborted)
                    {
                        onError(e);
                        await Task.Delay(RetryDelay).ConfigureAwait(false);
                    }
                }
            }
        }
    }
}
