using System.Globalization;
using System.Text.Json.Nodes;
using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config.Schema;

/// <summary>One listen address: a URL, or a mapping of URL, certificate and key.</summary>
internal sealed class ListenType : ConfigType<ListenAddress>
{
    private static readonly PathType PathOf = new();

    private static readonly ObjectType<ListenAddress> Mapping = new ObjectType<ListenAddress>(ListenAddress.Default)
        .Field("url", new AddressType(), a => a, (a, url) => url with { CertificatePath = a.CertificatePath, KeyPath = a.KeyPath }, "http://host:port, https://host:port or unix:/path.", required: true)
        .Field("certificate", new OptionalTextType<string>(PathOf), a => a.CertificatePath, (a, p) => a with { CertificatePath = p }, "PEM file with the certificate chain; https only.")
        .Field("key", new OptionalTextType<string>(PathOf), a => a.KeyPath, (a, p) => a with { KeyPath = p }, "PEM file with the private key; left out when it is in the certificate's file.");

    private static readonly AddressType Address = new();

    public override bool TryBind(BindContext context, ConfigNode node, string path, out ListenAddress value)
    {
        var bound = node is ConfigMapping ? Mapping.TryBind(context, node, path, out value) : Address.TryBind(context, node, path, out value);
        if (!bound)
        {
            return false;
        }

        if (value is { Kind: ListenKind.Https, CertificatePath: null })
        {
            context.Error(node, path, "https needs a certificate: { url: https://host:port, certificate: FILE, key: FILE }");
            return false;
        }

        if (value.Kind != ListenKind.Https && (value.CertificatePath ?? value.KeyPath) is not null)
        {
            context.Error(node, path, "a certificate or key goes with an https URL only");
            return false;
        }

        return true;
    }

    public override JsonObject Schema() => new() { ["anyOf"] = new JsonArray(Address.Schema(), Mapping.Schema()) };

    public override JsonNode Show(ListenAddress value) => value.Kind == ListenKind.Https ? Mapping.Show(value) : Address.Show(value);

    /// <summary>The URL form.</summary>
    internal sealed class AddressType : ScalarType<ListenAddress>
    {
        protected override string Expected => "an address";

        protected override string? TryParse(BindContext context, string text, out ListenAddress value)
        {
            value = ListenAddress.Default;
            if (text.StartsWith("unix:", StringComparison.Ordinal))
            {
                var path = text[5..];
                var full = path.Length == 0 ? "" : context.FullPath(path.StartsWith("//", StringComparison.Ordinal) ? path[2..] : path);
                value = new ListenAddress { Kind = ListenKind.Unix, SocketPath = full };

                // sockaddr_un.sun_path holds 108 bytes on Linux and 104 on macOS, the final zero included.
                return full.Length == 0 ? "{} names no socket (example: unix:/run/routerd.sock)"
                    : System.Text.Encoding.UTF8.GetByteCount(full) > 103 ? "{} is longer than the 103 bytes a socket's path may have"
                    : null;
            }

            const string Wrong = "{} is not an address to listen on (examples: http://127.0.0.1:8000, https://0.0.0.0:8443, unix:/run/routerd.sock)";
            var kind = text.StartsWith("http://", StringComparison.Ordinal) ? ListenKind.Http
                : text.StartsWith("https://", StringComparison.Ordinal) ? ListenKind.Https
                : (ListenKind?)null;
            if (kind is null)
            {
                return Wrong;
            }

            var authority = text[(text.IndexOf("//", StringComparison.Ordinal) + 2)..].TrimEnd('/');
            var colon = authority.LastIndexOf(':');
            var hasPort = colon > authority.LastIndexOf(']');
            var host = hasPort ? authority[..colon] : authority;
            var port = kind == ListenKind.Http ? 80 : 443;
            if (hasPort && (!int.TryParse(authority.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) || port > 65535))
            {
                return "{} has no valid port (from 0 to 65535; 0 = any free one)";
            }

            if (host is "*" or "+")
            {
                host = "[::]";
            }

            var bracketed = host.StartsWith('[') && host.EndsWith(']');
            var bare = bracketed ? host[1..^1] : host;
            var valid = bracketed ? System.Net.IPAddress.TryParse(bare, out _) : Uri.CheckHostName(bare) is UriHostNameType.Dns or UriHostNameType.IPv4;
            value = new ListenAddress { Kind = kind.Value, Host = bare, Port = port };
            return valid ? null : Wrong;
        }

        public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = @"^(https?://|unix:|.*\$\{)" };

        public override JsonNode Show(ListenAddress value) => JsonValue.Create(value.Url);
    }
}
