using System.Net;

namespace RouterDaemon.Config;

/// <summary>One address of <c>listen</c>.</summary>
internal sealed record ListenAddress
{
    public static readonly ListenAddress Default = new() { Kind = ListenKind.Http, Host = "127.0.0.1", Port = 8000 };

    public required ListenKind Kind { get; init; }

    /// <summary>Address or name without brackets; empty for a Unix socket. <c>*</c> is stored as <c>::</c>.</summary>
    public string Host { get; init; } = "";

    /// <summary>0 = any free port; unused for a Unix socket.</summary>
    public int Port { get; init; }

    /// <summary>Path of a Unix socket, else null.</summary>
    public string? SocketPath { get; init; }

    /// <summary>PEM file with the certificate chain (https).</summary>
    public string? CertificatePath { get; init; }

    /// <summary>PEM file with the private key (https); null = it is in <see cref="CertificatePath"/>.</summary>
    public string? KeyPath { get; init; }

    /// <summary>True when only this machine can connect.</summary>
    public bool IsLoopback => Kind == ListenKind.Unix
        || Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>The address as written in <c>listen</c>.</summary>
    public string Url => Kind switch
    {
        ListenKind.Unix => $"unix:{SocketPath}",
        ListenKind.Https => $"https://{BracketedHost}:{Port}",
        _ => $"http://{BracketedHost}:{Port}",
    };

    private string BracketedHost => Host.Contains(':') ? $"[{Host}]" : Host;

    public override string ToString() => Url;
}
