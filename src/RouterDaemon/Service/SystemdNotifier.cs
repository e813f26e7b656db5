using System.Net.Sockets;
using System.Text;

namespace RouterDaemon.Service;

/// <summary>Tells systemd how the daemon is (sd_notify(3)): one datagram to <c>$NOTIFY_SOCKET</c>; nothing when there is none.</summary>
internal static class SystemdNotifier
{
    /// <summary>Sends a state such as <c>READY=1</c>.</summary>
    public static void Send(string state)
    {
        var path = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(path) || OperatingSystem.IsWindows())
        {
            return;
        }

        if (state == "RELOADING=1")
        {
            state += $"\nMONOTONIC_USEC={Environment.TickCount64 * 1000}";
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // A leading @ names an abstract socket, whose first byte is zero.
            socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path));
        }
        catch (SocketException)
        {
            // Not being heard is no reason to stop.
        }
    }
}
