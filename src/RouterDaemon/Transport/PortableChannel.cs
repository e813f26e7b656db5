using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace RouterDaemon.Transport;

/// <summary>A connection of the framework's, for systems without epoll.</summary>
internal sealed class PortableChannel : Channel
{
    private readonly Socket _socket;
    private volatile bool _isClosed;

    public PortableChannel(Socket socket, IPAddress? remoteAddress)
    {
        _socket = socket;
        RemoteAddress = remoteAddress;
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        var received = await _socket.ReceiveAsync(buffer, SocketFlags.None).ConfigureAwait(false);
        // To a receive that waits, closing may look like the peer's end.
        return received > 0 || !_isClosed ? received : throw new ObjectDisposedException(nameof(Channel));
    }

    /// <inheritdoc/>
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var sent = await _socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false);
            bytes = bytes[sent..];
        }
    }

    /// <inheritdoc/>
    public override void ShutdownSend()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It broke before.
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _isClosed = true;
        // Without it the framework resets a connection that still receives, and what was sent last may be lost.
        ShutdownSend();
        _socket.Dispose();
    }
}
