using System.Net;
using RouterDaemon.Config;

namespace RouterDaemon.Http;

/// <summary>What <see cref="RequestGuard"/> lets through.</summary>
internal sealed record RequestGuardOptions
{
    /// <summary>Names the daemon answers to, without port.</summary>
    public required IReadOnlyCollection<string> AllowedHosts { get; init; }

    /// <summary>Origins (scheme, host, port) whose pages may call; empty = only the daemon's own pages.</summary>
    public IReadOnlyCollection<string> AllowedOrigins { get; init; } = [];

    /// <summary>True when the daemon listens on every address, so that any of its addresses may stand in <c>Host</c>.</summary>
    public bool AcceptAnyAddress { get; init; }

    /// <summary>Derives the names from the listen addresses; configured names are added to them.</summary>
    public static RequestGuardOptions From(RouterdConfig config)
    {
        var hosts = new HashSet<string>(config.Http.AllowedHosts, StringComparer.OrdinalIgnoreCase);
        var any = false;
        foreach (var listen in config.Listen)
        {
            if (listen.Kind == ListenKind.Unix)
            {
                continue;
            }

            if (IPAddress.TryParse(listen.Host, out var address))
            {
                any |= address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
                hosts.Add(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString());
                if (!IPAddress.IsLoopback(address))
                {
                    hosts.Add(Environment.MachineName);
                }
            }
            else
            {
                hosts.Add(listen.Host);
            }
        }

        // Every listen address but a single foreign one can be reached through loopback names.
        hosts.Add("localhost");
        hosts.Add("127.0.0.1");
        hosts.Add("[::1]");
        return new RequestGuardOptions { AllowedHosts = hosts, AllowedOrigins = [.. config.Http.AllowedOrigins], AcceptAnyAddress = any };
    }
}
