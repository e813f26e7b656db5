namespace RouterDaemon.Config;

/// <summary>One address to listen on.</summary>
internal sealed record ListenAddress
{
    /// <summary>Kind of socket.</summary>
    public required ListenKind Kind { get; init; }

    /// <summary>Host name or IP address without brackets; empty for a Unix socket.</summary>
    public string Host { get; init; } = "";

    /// <summary>Port, 0..65535; 0 = any free one.</summary>
    public int Port { get; init; }

    /// <summary>Path of a Unix socket; empty otherwise.</summary>
    public string Path { get; init; } = "";

    /// <summary>PEM or PFX certificate file for https.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM key file for https.</summary>
    public string? KeyFile { get; init; }

    /// <summary>True when only this machine can reach it.</summary>
    public bool IsLoopback => Kind == ListenKind.Unix || Host == "localhost"
        || (System.Net.IPAddress.TryParse(Host, out var address) && System.Net.IPAddress.IsLoopback(address));

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        ListenKind.Unix => $"unix:{Path}",
        _ => $"{(Kind == ListenKind.Https ? "https" : "http")}://{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{Port}",
    };
}
