using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RouterDaemon.Native.Linux;

/// <summary>
/// An epoll instance. Everything is watched edge-triggered, for all of its life and for everything, so that an exchange needs no call
/// to say what it waits for. One thread waits; any thread adds. A descriptor leaves with its close.
/// </summary>
public sealed unsafe class EpollSet : SafeHandleMinusOneIsInvalid
{
    private const int MaxEvents = 256;
    private const uint EPOLLIN = 0x1, EPOLLOUT = 0x4, EPOLLERR = 0x8, EPOLLHUP = 0x10, EPOLLRDHUP = 0x2000, EPOLLET = 1u << 31;

    // struct epoll_event is packed on x64 alone (bits/epoll.h).
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventBytes = DataOffset + 8;

    private readonly byte[] _events = GC.AllocateArray<byte>(MaxEvents * 16, pinned: true);

    /// <summary>A new instance.</summary>
    /// <exception cref="SocketException">The kernel gave none.</exception>
    public EpollSet()
        : base(ownsHandle: true)
    {
        SetHandle(LibC.epoll_create1(LibC.EPOLL_CLOEXEC));
        if (IsInvalid)
        {
            throw LinuxErrors.Exception(Marshal.GetLastSystemError());
        }
    }

    /// <summary>Watches a socket under a token.</summary>
    /// <exception cref="SocketException">The kernel refused (memory, limit of watches).</exception>
    public void Add(SafeHandle socket, ulong token)
    {
        var added = false;
        socket.DangerousAddRef(ref added);
        try
        {
            Add((int)socket.DangerousGetHandle(), token);
        }
        finally
        {
            socket.DangerousRelease();
        }
    }

    /// <summary>Waits, without a limit, until something is ready. Answers how many <see cref="Event"/>s there are.</summary>
    public int Wait()
    {
        fixed (byte* events = _events)
        {
            // Interrupted: nothing is ready yet, and the caller waits again.
            return Math.Max(0, LibC.epoll_wait((int)handle, events, MaxEvents, -1));
        }
    }

    /// <summary>One of the events of the last <see cref="Wait"/>.</summary>
    public ReadyEvent Event(int index)
    {
        var bytes = _events.AsSpan(index * EventBytes, EventBytes);
        var flags = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return new ReadyEvent(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[DataOffset..]),
            (flags & (EPOLLIN | EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0,
            (flags & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0,
            (flags & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) != 0);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibC.close((int)handle) == 0;

    private void Add(int descriptor, ulong token)
    {
        Span<byte> wanted = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(wanted, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
        BinaryPrimitives.WriteUInt64LittleEndian(wanted[DataOffset..], token);
        fixed (byte* at = wanted)
        {
            if (LibC.epoll_ctl((int)handle, LibC.EPOLL_CTL_ADD, descriptor, at) != 0)
            {
                throw LinuxErrors.Exception(Marshal.GetLastSystemError());
            }
        }
    }
}
