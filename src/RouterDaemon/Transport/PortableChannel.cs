using System.Net;
using System.Net.Sockets;

namespace RouterDaemon.Transport;

/// <summary>A connection of the framework's, for systems without epoll.</summary>
internal sealed class PortableChannel : Channel
{
    private readonly Socket _socket;

    public PortableChannel(Socket socket, IPAddress? remoteAddress)
    {
        _socket = socket;
        RemoteAddress = remoteAddress;
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        try
        {
            return _socket.ReceiveAsync(buffer, SocketFlags.None);
        }
        catch (ObjectDisposedException e)
        {
            return ValueTask.FromException<int>(e);
        }
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
    public override void ShutdownSend() => Shutdown(SocketShutdown.Send);

    /// <inheritdoc/>
    public override void Dispose()
    {
        // Without it the framework resets a connection that still receives, and what was sent last may be lost.
        Shutdown(SocketShutdown.Both);
        _socket.Dispose();
    }

    private void Shutdown(SocketShutdown how)
    {
        try
        {
            _socket.Shutdown(how);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It broke before.
        }
    }
}
