using System.Security.Cryptography;
using System.Text;
using RouterDaemon.Config;

namespace RouterDaemon.Http;

/// <summary>Lets a request through to a route of its <see cref="Access"/>, or says why not.</summary>
internal sealed class AccessGate(Func<RouterdConfig> config)
{
    /// <summary>Why the request may not pass, or null.</summary>
    public ApiError? Refusal(RequestContext context, Access access)
    {
        if (access == Access.Open)
        {
            return null;
        }

        var current = config();
        var adminKey = current.Admin.Key;
        if (access == Access.Caller)
        {
            return current.Auth.Required != true || (adminKey is not null && Presents(context.Http.Request, adminKey))
                ? null
                : ApiError.Unauthorized("This daemon wants an API key: send it as \"Authorization: Bearer ...\".");
        }

        if (adminKey is not null)
        {
            return Presents(context.Http.Request, adminKey)
                ? null
                : ApiError.Unauthorized("This route wants the admin key: send it as \"Authorization: Bearer ...\".");
        }

        var headers = context.Http.Request.Headers;
        // Not Sec-Fetch-Mode: Node's fetch sends it too, and with it every MCP client that runs there. Browsers send it with Sec-Fetch-Site only.
        var fromBrowser = headers.Origin.Count > 0 || headers.ContainsKey("Sec-Fetch-Site");
        return context.IsLoopback && !fromBrowser
            ? null
            : ApiError.Forbidden("Without an admin key this route answers this machine only, and no browser (admin.key_env sets one).", "admin_only");
    }

    /// <summary>Compares in constant time: the time taken says nothing about the key.</summary>
    private static bool Presents(HttpRequest request, Secret key)
    {
        var given = request.Headers.Authorization.ToString();
        given = given.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? given[7..].Trim() : request.Headers["x-api-key"].ToString();
        return CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(key.Reveal())));
    }
}
