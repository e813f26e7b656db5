using RouterDaemon.Transport;
using Xunit;

namespace RouterDaemon.Tests.Transport;

/// <summary>Every transport of this system over both kinds of socket.</summary>
internal static class TransportKinds
{
    // Loops live as long as their process: one set of them for all tests.
    private static readonly Lazy<EpollTransport> Epoll = new(() => new EpollTransport());
    private static readonly PortableTransport Portable = new();

    /// <summary>For <see cref="MemberDataAttribute"/>.</summary>
    public static TheoryData<string> All => [.. Names.SelectMany(n => (string[])[$"{n} tcp", $"{n} unix"])];

    /// <summary>For <see cref="MemberDataAttribute"/>.</summary>
    public static TheoryData<string> Tcp => [.. Names.Select(n => $"{n} tcp")];

    private static string[] Names => OperatingSystem.IsLinux() ? ["epoll", "sockets"] : ["sockets"];

    public static SocketTransport Transport(string kind) => kind.StartsWith("epoll", StringComparison.Ordinal) ? Epoll.Value : Portable;

    public static bool IsUnix(string kind) => kind.EndsWith("unix", StringComparison.Ordinal);
}
