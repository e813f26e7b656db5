using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RouterDaemon.Config;
using RouterDaemon.Keys;

namespace RouterDaemon.Http;

/// <summary>Lets a request through to a route of its <see cref="Access"/>, or says why not. Finds out whose API key it shows.</summary>
internal sealed class AccessGate(Func<RouterdConfig> config, KeyRegistry keys, TimeProvider time)
{
    /// <summary>Why the request may not pass, or null.</summary>
    public ApiError? Refusal(RequestContext context, Access access)
    {
        if (access == Access.Open)
        {
            return null;
        }

        var current = config();
        var presented = Presented(context.Http.Request.Headers);
        return access == Access.Caller ? RefuseCaller(context, current, presented) : RefuseAdmin(context, current.Admin.Key, presented);
    }

    private ApiError? RefuseCaller(RequestContext context, RouterdConfig current, string presented)
    {
        var key = Find(context, presented);
        var now = time.GetUtcNow();
        if (key?.IsLive(now) == true)
        {
            key.NoteUse(now.ToUnixTimeSeconds());
            context.Key = key;
            return null;
        }

        if (!current.Auth.IsRequired(current.Listen, keys.Count) || (current.Admin.Key is { } adminKey && IsSame(Bare(presented), adminKey)))
        {
            return null;
        }

        return key is null
            ? ApiError.Unauthorized(presented.Length == 0
                ? "This daemon wants an API key: send it as \"Authorization: Bearer ...\"."
                : "This API key is not known here.")
            : ApiError.Unauthorized(key.Row.RevokedAt is null ? "This API key has expired." : "This API key was revoked.");
    }

    private ApiError? RefuseAdmin(RequestContext context, Secret? adminKey, string presented)
    {
        if (adminKey is not null)
        {
            return IsSame(Bare(presented), adminKey)
                ? null
                : ApiError.Unauthorized("This route wants the admin key: send it as \"Authorization: Bearer ...\".");
        }

        if (Find(context, presented) is not null)
        {
            return ApiError.Forbidden("An API key opens no route of the administration.", "admin_only");
        }

        var headers = context.Http.Request.Headers;
        // Not Sec-Fetch-Mode: Node's fetch sends it too, and with it every MCP client that runs there. Browsers send it with Sec-Fetch-Site only.
        var fromBrowser = headers.Origin.Count > 0 || headers.ContainsKey("Sec-Fetch-Site");
        return context.IsLoopback && !fromBrowser
            ? null
            : ApiError.Forbidden("Without an admin key this route answers this machine only, and no browser (admin.key_env sets one).", "admin_only");
    }

    private ApiKey? Find(RequestContext context, string presented)
    {
        var version = keys.Version;
        ref var known = ref context.Known;
        if (!ReferenceEquals(known.Text, presented) || !ReferenceEquals(known.Version, version))
        {
            known = new KnownCaller { Text = presented, Version = version, Key = keys.Find(Bare(presented)) };
        }

        return known.Key;
    }

    /// <summary>The header with the credentials, as it was sent.</summary>
    private static string Presented(IHeaderDictionary headers) =>
        headers.Authorization is [{ Length: > 0 } authorization] ? authorization : headers["x-api-key"] is [{ } key] ? key : "";

    private static ReadOnlySpan<char> Bare(string presented) =>
        presented.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? presented.AsSpan(7).Trim() : presented.AsSpan().Trim();

    /// <summary>Compares in constant time: the time taken says nothing about the key but its length.</summary>
    private static bool IsSame(ReadOnlySpan<char> given, Secret key) =>
        CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(given), MemoryMarshal.AsBytes(key.Reveal().AsSpan()));
}
