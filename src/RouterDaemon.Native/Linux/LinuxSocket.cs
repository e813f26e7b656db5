using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RouterDaemon.Native.Linux;

/// <summary>
/// A non-blocking stream socket by its file descriptor, outside the framework's own readiness engine. The descriptor is closed when the
/// last call that uses it has returned, so that none can meet a descriptor that was given out again.
/// </summary>
public sealed unsafe class LinuxSocket : SafeHandleMinusOneIsInvalid
{
    /// <summary>The call would have to wait: readiness will be announced.</summary>
    public const int WouldBlock = -1;

    /// <summary>Largest address of any family, bytes (sockaddr_storage).</summary>
    public const int MaxAddressBytes = 128;

    private LinuxSocket(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>A new socket.</summary>
    /// <param name="family">The address family's number on Linux, as the first two bytes of a serialized address hold it.</param>
    /// <exception cref="SocketException">There is none, e.g. because too many files are open.</exception>
    public static LinuxSocket Create(int family)
    {
        var descriptor = LibC.socket(family, LibC.SOCK_STREAM | LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC, 0);
        return descriptor >= 0 ? new LinuxSocket(descriptor) : throw LinuxErrors.Exception(Marshal.GetLastSystemError());
    }

    /// <summary>Takes a connection from a listening socket; null = none is waiting.</summary>
    /// <param name="listener">The listening socket, non-blocking.</param>
    /// <param name="address">Receives the peer's address; at least <see cref="MaxAddressBytes"/>.</param>
    /// <param name="addressBytes">Its length.</param>
    /// <exception cref="SocketException">Too many files are open, or the listener is gone. A connection that broke meanwhile is none.</exception>
    public static LinuxSocket? TryAccept(SafeHandle listener, Span<byte> address, out int addressBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(address.Length, MaxAddressBytes);
        var added = false;
        listener.DangerousAddRef(ref added);
        try
        {
            fixed (byte* at = address)
            {
                while (true)
                {
                    var length = (uint)address.Length;
                    var descriptor = LibC.accept4((int)listener.DangerousGetHandle(), at, &length, LibC.SOCK_NONBLOCK | LibC.SOCK_CLOEXEC);
                    addressBytes = (int)length;
                    if (descriptor >= 0)
                    {
                        return new LinuxSocket(descriptor);
                    }

                    var error = Marshal.GetLastSystemError();
                    if (error == LibC.EAGAIN)
                    {
                        return null;
                    }

                    // accept(2): errors of the connection itself are passed on, and mean the next one.
                    if (error != LibC.EINTR && LinuxErrors.ToSocketError(error) is not (SocketError.ConnectionAborted or SocketError.NetworkDown
                        or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.HostUnreachable))
                    {
                        throw LinuxErrors.Exception(error);
                    }
                }
            }
        }
        finally
        {
            listener.DangerousRelease();
        }
    }

    /// <summary>Begins to connect. False = it is under way: writability will tell, and <see cref="PendingError"/> how it ended.</summary>
    /// <param name="address">The peer, as <see cref="System.Net.SocketAddress"/> serializes it.</param>
    /// <exception cref="SocketException">Refused at once.</exception>
    public bool TryConnect(ReadOnlySpan<byte> address)
    {
        var added = false;
        DangerousAddRef(ref added);
        try
        {
            fixed (byte* at = address)
            {
                if (LibC.connect((int)handle, at, (uint)address.Length) == 0)
                {
                    return true;
                }
            }

            var error = Marshal.GetLastSystemError();
            // A full backlog of a Unix socket is EAGAIN: nothing is under way then.
            return LinuxErrors.ToSocketError(error) == SocketError.InProgress ? false : throw LinuxErrors.Exception(error);
        }
        finally
        {
            DangerousRelease();
        }
    }

    /// <summary>How a connect ended; reading it clears it.</summary>
    public SocketError PendingError()
    {
        var added = false;
        DangerousAddRef(ref added);
        try
        {
            int error;
            var length = (uint)sizeof(int);
            return LibC.getsockopt((int)handle, LibC.SOL_SOCKET, LibC.SO_ERROR, &error, &length) == 0
                ? LinuxErrors.ToSocketError(error) : LinuxErrors.ToSocketError(Marshal.GetLastSystemError());
        }
        finally
        {
            DangerousRelease();
        }
    }

    /// <summary>Sends small pieces at once, and lets the kernel find out about a peer that lost its power. TCP only.</summary>
    public void TuneTcp()
    {
        var added = false;
        DangerousAddRef(ref added);
        try
        {
            var on = 1;
            _ = LibC.setsockopt((int)handle, LibC.IPPROTO_TCP, LibC.TCP_NODELAY, &on, sizeof(int));
            _ = LibC.setsockopt((int)handle, LibC.SOL_SOCKET, LibC.SO_KEEPALIVE, &on, sizeof(int));
        }
        finally
        {
            DangerousRelease();
        }
    }

    /// <summary>Bytes received, 0 = the peer's end, <see cref="WouldBlock"/>.</summary>
    /// <exception cref="SocketException">The connection broke.</exception>
    /// <exception cref="ObjectDisposedException">It was closed here.</exception>
    public int Receive(Span<byte> buffer)
    {
        var added = false;
        DangerousAddRef(ref added);
        try
        {
            fixed (byte* at = buffer)
            {
                while (true)
                {
                    var received = LibC.recv((int)handle, at, (nuint)buffer.Length, 0);
                    if (received >= 0)
                    {
                        return (int)received;
                    }

                    if (Failed())
                    {
                        return WouldBlock;
                    }
                }
            }
        }
        finally
        {
            DangerousRelease();
        }
    }

    /// <summary>Bytes taken by the kernel, or <see cref="WouldBlock"/>.</summary>
    /// <exception cref="SocketException">The connection broke.</exception>
    /// <exception cref="ObjectDisposedException">It was closed here.</exception>
    public int Send(ReadOnlySpan<byte> buffer)
    {
        var added = false;
        DangerousAddRef(ref added);
        try
        {
            fixed (byte* at = buffer)
            {
                while (true)
                {
                    var sent = LibC.send((int)handle, at, (nuint)buffer.Length, LibC.MSG_NOSIGNAL);
                    if (sent >= 0)
                    {
                        return (int)sent;
                    }

                    if (Failed())
                    {
                        return WouldBlock;
                    }
                }
            }
        }
        finally
        {
            DangerousRelease();
        }
    }

    /// <summary>One receive by who holds the handle already: bytes, or a negated error number.</summary>
    internal int ReceiveOnce(byte* buffer, int length)
    {
        var received = LibC.recv((int)handle, buffer, (nuint)length, 0);
        return received >= 0 ? (int)received : -Marshal.GetLastSystemError();
    }

    /// <summary>One send by who holds the handle already: bytes, or a negated error number.</summary>
    internal int SendOnce(byte* buffer, int length)
    {
        var sent = LibC.send((int)handle, buffer, (nuint)length, LibC.MSG_NOSIGNAL);
        return sent >= 0 ? (int)sent : -Marshal.GetLastSystemError();
    }

    /// <summary>Tells the peer that no more bytes will come; receiving goes on.</summary>
    public void ShutdownSend()
    {
        var added = false;
        DangerousAddRef(ref added);
        try
        {
            _ = LibC.shutdown((int)handle, LibC.SHUT_WR);
        }
        finally
        {
            DangerousRelease();
        }
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibC.close((int)handle) == 0;

    /// <summary>True = the call would block; false = it was interrupted and is made again.</summary>
    private static bool Failed()
    {
        var error = Marshal.GetLastSystemError();
        return error switch
        {
            LibC.EAGAIN => true,
            LibC.EINTR => false,
            _ => throw LinuxErrors.Exception(error),
        };
    }
}
