using System.Net;
using System.Net.Sockets;

namespace RouterDaemon.Transport;

/// <summary>
/// A connected stream socket: one receive and one send at a time, each completed on the socket thread that saw it become possible (see
/// <see cref="Http.SocketThreads"/>). Closing is allowed from any thread, at any time.
/// </summary>
internal abstract class Channel : IDisposable
{
    /// <summary>Address of the peer; null = a Unix socket.</summary>
    public IPAddress? RemoteAddress { get; protected init; }

    /// <summary>Receives into <paramref name="buffer"/>; 0 = the peer sends no more. It fails, never throws.</summary>
    /// <exception cref="SocketException">The connection broke.</exception>
    /// <exception cref="ObjectDisposedException">It was closed here.</exception>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Sends all of <paramref name="bytes"/>: complete when the kernel has them. It fails, never throws.</summary>
    /// <exception cref="SocketException">The connection broke.</exception>
    /// <exception cref="ObjectDisposedException">It was closed here.</exception>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Tells the peer that no more bytes will come; receiving goes on.</summary>
    public abstract void ShutdownSend();

    /// <summary>Closes. Who still waits gets an <see cref="ObjectDisposedException"/>, on the thread pool.</summary>
    public abstract void Dispose();
}
