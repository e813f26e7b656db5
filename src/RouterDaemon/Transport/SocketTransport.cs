using System.Net;
using System.Net.Sockets;

namespace RouterDaemon.Transport;

/// <summary>Opens and accepts connections. One for the process, as its socket threads are.</summary>
internal abstract class SocketTransport
{
    /// <summary>Connections that may wait to be accepted.</summary>
    protected const int ListenBacklog = 4096;

    private const string Choice = "ROUTERD_TRANSPORT";

    private static readonly Lazy<SocketTransport> Shared = new(static () => Environment.GetEnvironmentVariable(Choice) switch
    {
        _ when !OperatingSystem.IsLinux() => new PortableTransport(),
        "sockets" => new PortableTransport(),
        "epoll" => new EpollTransport(mayUseRing: false),
        _ => new EpollTransport(),
    });

    /// <summary>
    /// On Linux epoll, with system calls batched by io_uring where the kernel permits that; the framework's sockets elsewhere.
    /// <c>ROUTERD_TRANSPORT=epoll</c> does without io_uring, <c>sockets</c> chooses the framework's: slower, and ways to find out
    /// whether a fault is in ours.
    /// </summary>
    public static SocketTransport Default => Shared.Value;

    /// <summary>A connection to <paramref name="endpoint"/>.</summary>
    /// <exception cref="SocketException">Refused, unreachable, or no descriptor is left.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before there was an answer.</exception>
    public abstract ValueTask<Channel> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken);

    /// <summary>Listens until the result is disposed of.</summary>
    /// <param name="endpoint">Where; port 0 = any free one.</param>
    /// <param name="accepted">Takes each connection, on a socket thread.</param>
    /// <param name="onError">Hears why nothing can be accepted at the moment, e.g. too many open files; it is tried again.</param>
    /// <exception cref="SocketException">The address is in use or not ours.</exception>
    public abstract ChannelListener Listen(EndPoint endpoint, Action<Channel> accepted, Action<SocketException> onError);

    /// <summary>A socket that listens.</summary>
    protected static Socket OpenListener(EndPoint endpoint)
    {
        var isIp = endpoint is IPEndPoint;
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, isIp ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            if (endpoint is IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } ip && ip.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(endpoint);
            socket.Listen(ListenBacklog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
