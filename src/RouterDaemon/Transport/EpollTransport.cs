using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using RouterDaemon.Http;
using RouterDaemon.Native.Linux;

namespace RouterDaemon.Transport;

/// <summary>Sockets on epoll loops of our own, one for each of <see cref="SocketThreads.Count"/>.</summary>
internal sealed class EpollTransport : SocketTransport
{
    private readonly EpollLoop[] _loops;
    private uint _next;

    /// <param name="mayUseRing">Batch system calls by io_uring where the kernel permits it.</param>
    public EpollTransport(bool mayUseRing = true)
    {
        _loops = new EpollLoop[SocketThreads.Count];
        for (var i = 0; i < _loops.Length; i++)
        {
            _loops[i] = new EpollLoop(i, mayUseRing);
        }
    }

    /// <summary>The loop whose turn it is.</summary>
    public EpollLoop NextLoop() => _loops[Interlocked.Increment(ref _next) % (uint)_loops.Length];

    /// <inheritdoc/>
    public override async ValueTask<Channel> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var address = endpoint.Serialize();
        var bytes = address.Buffer[..address.Size];
        var socket = LinuxSocket.Create(BinaryPrimitives.ReadUInt16LittleEndian(bytes.Span));
        var ip = endpoint as IPEndPoint;
        // The request that asks stays on its thread.
        var channel = new EpollChannel(socket, EpollLoop.Current ?? NextLoop(), ip?.Address);
        try
        {
            if (ip is not null)
            {
                socket.TuneTcp();
            }

            var isConnected = socket.TryConnect(bytes.Span);
            channel.Watch();
            if (!isConnected)
            {
                using (cancellationToken.UnsafeRegister(static c => ((EpollChannel)c!).Dispose(), channel))
                {
                    await channel.ConnectedAsync().ConfigureAwait(false);
                }

                // Closing completes the wait too, and a socket without an answer has no error.
                cancellationToken.ThrowIfCancellationRequested();
                var error = socket.PendingError();
                if (error != SocketError.Success)
                {
                    throw new SocketException((int)error);
                }
            }

            return channel;
        }
        catch (ObjectDisposedException e)
        {
            throw new OperationCanceledException("the connection was given up", e, cancellationToken);
        }
        catch
        {
            channel.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override ChannelListener Listen(EndPoint endpoint, Action<Channel> accepted, Action<SocketException> onError)
    {
        var socket = OpenListener(endpoint);
        socket.Blocking = false;
        var listener = new EpollListener(this, NextLoop(), socket, accepted, onError) { LocalEndPoint = socket.LocalEndPoint! };
        try
        {
            listener.Watch();
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }
}
