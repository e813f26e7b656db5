using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using RouterDaemon.Config;

namespace RouterDaemon.Cache.Redis;

/// <summary>Where Redis is and how to log in: <c>redis://[user:password@]host[:port][/database]</c>, <c>rediss</c> for TLS.</summary>
internal sealed class RedisAddress
{
    private const int DefaultPort = 6379;
    private const int MaxDatabase = 65_535;

    /// <summary>Host name or address.</summary>
    public required string Host { get; init; }

    /// <summary>Default 6379.</summary>
    public required int Port { get; init; }

    /// <summary>TLS.</summary>
    public required bool IsSecure { get; init; }

    /// <summary>Null = the default user.</summary>
    public string? User { get; init; }

    /// <summary>Null = none is sent.</summary>
    public Secret? Password { get; init; }

    /// <summary>Number of the database.</summary>
    public int Database { get; init; }

    /// <summary>Reads a URL.</summary>
    public static bool TryParse(Secret url, [NotNullWhen(true)] out RedisAddress? address)
    {
        address = null;
        if (!Uri.TryCreate(url.Reveal(), UriKind.Absolute, out var uri) || uri.Scheme is not ("redis" or "rediss") || uri.Host.Length == 0)
        {
            return false;
        }

        var path = uri.AbsolutePath.Trim('/');
        if (!int.TryParse(path.Length > 0 ? path : "0", NumberStyles.None, CultureInfo.InvariantCulture, out var database) || database > MaxDatabase)
        {
            return false;
        }

        var colon = uri.UserInfo.IndexOf(':', StringComparison.Ordinal);
        var user = Uri.UnescapeDataString(colon < 0 ? uri.UserInfo : uri.UserInfo[..colon]);
        address = new RedisAddress
        {
            Host = uri.IdnHost,
            Port = uri.Port > 0 ? uri.Port : DefaultPort,
            IsSecure = uri.Scheme == "rediss",
            User = user.Length > 0 ? user : null,
            Password = colon < 0 || colon == uri.UserInfo.Length - 1 ? null : new Secret(Uri.UnescapeDataString(uri.UserInfo[(colon + 1)..])),
            Database = database,
        };
        return true;
    }

    /// <summary>Without user and password, for the log.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}/{Database}");
}
