using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RouterDaemon.Config;

namespace RouterDaemon.Http;

/// <summary>What the entries of <c>listen</c> mean.</summary>
internal static class ListenEntries
{
    /// <summary>Sets limits and adds every https address: the others are our own server's.</summary>
    public static void Configure(KestrelServerOptions kestrel, RouterdConfig config)
    {
        kestrel.AddServerHeader = false;
        // The body's size is checked where it is read, so that the answer is ours.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxConcurrentConnections = config.Limits.MaxConnections > 0 ? config.Limits.MaxConnections : null;
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(5);
        foreach (var listen in config.Listen.Where(l => l.Kind == ListenKind.Https))
        {
            foreach (var address in AddressesOf(listen))
            {
                kestrel.Listen(address, listen.Port, options => options.UseHttps(Certificate(listen)));
            }
        }
    }

    /// <summary>The addresses that an entry stands for.</summary>
    public static IPAddress[] AddressesOf(ListenAddress listen)
    {
        if (IPAddress.TryParse(listen.Host, out var address))
        {
            return [address];
        }

        return listen.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase) && listen.Port != 0
            ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
            : [Dns.GetHostAddresses(listen.Host)[0]];
    }

    /// <summary>One sentence for a listener that could not be opened.</summary>
    public static string Explain(Exception e, RouterdConfig config)
    {
        var addresses = string.Join(", ", config.Listen.Select(l => l.Url));
        return e switch
        {
            { InnerException: AddressInUseException } or AddressInUseException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } =>
                $"cannot listen on {addresses}: the address is in use. Is another routerd running? Choose another with ROUTERD_LISTEN or listen: in routerd.yaml.",
            SocketException { SocketErrorCode: SocketError.AccessDenied } or UnauthorizedAccessException =>
                $"cannot listen on {addresses}: not permitted. Ports below 1024 need a privilege.",
            _ => $"cannot listen on {addresses}: {e.Message}",
        };
    }

    private static X509Certificate2 Certificate(ListenAddress listen)
    {
        using var pem = X509Certificate2.CreateFromPemFile(listen.CertificatePath!, listen.KeyPath ?? listen.CertificatePath);
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>A socket file that nobody listens on is left over from a killed daemon; a live one is left alone and fails the bind.</summary>
    public static void RemoveStaleSocket(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            File.Delete(path);
        }
    }
}
