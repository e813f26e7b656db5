using System.Runtime.InteropServices;

namespace RouterDaemon.Native.Linux;

/// <summary>The system calls that sockets and epoll need, as Linux numbers them on x64 and arm64.</summary>
internal static unsafe partial class LibC
{
    public const int EINTR = 4;
    public const int EBADF = 9;
    public const int EAGAIN = 11;

    public const int SOCK_STREAM = 1;
    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int MSG_NOSIGNAL = 0x4000;
    public const int SHUT_WR = 1;

    public const int SOL_SOCKET = 1;
    public const int SO_ERROR = 4;
    public const int SO_KEEPALIVE = 9;
    public const int IPPROTO_TCP = 6;
    public const int TCP_NODELAY = 1;

    public const int EPOLL_CLOEXEC = 0x80000;
    public const int EPOLL_CTL_ADD = 1;

    [LibraryImport("libc")] public static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc")] public static partial int connect(int fd, byte* address, uint length);

    [LibraryImport("libc")] public static partial int accept4(int fd, byte* address, uint* length, int flags);

    [LibraryImport("libc")] public static partial nint recv(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc")] public static partial nint send(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc")] public static partial int shutdown(int fd, int how);

    [LibraryImport("libc")] public static partial int close(int fd);

    [LibraryImport("libc")] public static partial int setsockopt(int fd, int level, int option, void* value, uint length);

    [LibraryImport("libc")] public static partial int getsockopt(int fd, int level, int option, void* value, uint* length);

    [LibraryImport("libc")] public static partial int epoll_create1(int flags);

    [LibraryImport("libc")] public static partial int epoll_ctl(int epoll, int operation, int fd, byte* readiness);

    [LibraryImport("libc")] public static partial int epoll_wait(int epoll, byte* readiness, int max, int timeoutMs);

    [LibraryImport("libc")] public static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport("libc")] public static partial byte* mmap(void* address, nuint length, int protection, int flags, int fd, nint offset);
}
