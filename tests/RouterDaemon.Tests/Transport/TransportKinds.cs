using RouterDaemon.Transport;
using Xunit;

namespace RouterDaemon.Tests.Transport;

/// <summary>Every transport of this system over both kinds of socket.</summary>
internal static class TransportKinds
{
    // Loops live as long as their process: one set of them for all tests.
    private static readonly Lazy<EpollTransport> Epoll = new(() => new EpollTransport());
    private static readonly Lazy<EpollTransport> EpollAlone = new(() => new EpollTransport(mayUseRing: false));
    private static readonly PortableTransport Portable = new();

    /// <summary>For <see cref="MemberDataAttribute"/>.</summary>
    public static TheoryData<string> All => [.. Names.SelectMany(n => (string[])[$"{n} tcp", $"{n} unix"])];

    /// <summary>For <see cref="MemberDataAttribute"/>.</summary>
    public static TheoryData<string> Tcp => [.. Names.Select(n => $"{n} tcp")];

    private static string[] Names => OperatingSystem.IsLinux() ? ["epoll", "epoll-alone", "sockets"] : ["sockets"];

    public static SocketTransport Transport(string kind) => kind.Split(' ')[0] switch
    {
        "epoll" => Epoll.Value,
        "epoll-alone" => EpollAlone.Value,
        _ => Portable,
    };

    public static bool IsUnix(string kind) => kind.EndsWith("unix", StringComparison.Ordinal);
}
