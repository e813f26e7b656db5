using System.Net.Sockets;

namespace RouterDaemon.Native.Linux;

/// <summary>Linux's error numbers (asm-generic/errno.h) as the framework names them.</summary>
internal static class LinuxErrors
{
    public static SocketError ToSocketError(int error) => error switch
    {
        0 => SocketError.Success,
        1 or 13 => SocketError.AccessDenied,
        9 => SocketError.OperationAborted,
        11 => SocketError.WouldBlock,
        22 => SocketError.InvalidArgument,
        // ENFILE, EMFILE.
        23 or 24 => SocketError.TooManyOpenSockets,
        32 => SocketError.Shutdown,
        97 => SocketError.AddressFamilyNotSupported,
        98 => SocketError.AddressAlreadyInUse,
        99 => SocketError.AddressNotAvailable,
        100 => SocketError.NetworkDown,
        101 => SocketError.NetworkUnreachable,
        103 => SocketError.ConnectionAborted,
        104 => SocketError.ConnectionReset,
        105 => SocketError.NoBufferSpaceAvailable,
        107 => SocketError.NotConnected,
        110 => SocketError.TimedOut,
        // ENOENT is a Unix socket's path without a file.
        2 or 111 => SocketError.ConnectionRefused,
        112 => SocketError.HostDown,
        113 => SocketError.HostUnreachable,
        115 => SocketError.InProgress,
        _ => SocketError.SocketError,
    };

    public static SocketException Exception(int error) => new((int)ToSocketError(error));
}
