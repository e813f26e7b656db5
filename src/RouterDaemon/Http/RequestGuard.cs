using System.Collections.Frozen;
using System.Net;
using Microsoft.Net.Http.Headers;

namespace RouterDaemon.Http;

/// <summary>
/// Keeps web pages away from a daemon that holds keys: <c>Host</c> must be a name it listens as (no DNS rebinding), an
/// <c>Origin</c> must be allowed, bodies must be JSON by content type (no form posts). Applies to every route.
/// </summary>
internal sealed class RequestGuard(RequestGuardOptions options)
{
    private readonly FrozenSet<string> _hosts = options.AllowedHosts.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
    private readonly FrozenSet<string> _origins = options.AllowedOrigins.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Why the request is refused, or null when it may go on.</summary>
    public ApiError? Refusal(RequestContext context)
    {
        var request = context.Http.Request;
        var isUnixSocket = context.Http.Connection.RemoteIpAddress is null;
        if (!isUnixSocket && !IsOurHost(request.Host))
        {
            return ApiError.Forbidden(
                $"The Host header names \"{Shown(request.Host.Value)}\", which this daemon does not listen as. Add it to http.allowed_hosts if it should.",
                "host_not_allowed");
        }

        if (request.Headers.Origin is { Count: > 0 } origin)
        {
            if (origin.Count > 1 || !IsAllowedOrigin(origin[0]!, request))
            {
                return ApiError.Forbidden(
                    $"Requests from the origin \"{Shown(origin[0])}\" are not allowed. Add it to http.allowed_origins if they should be.",
                    "origin_not_allowed");
            }
        }
        else if (request.Headers["Sec-Fetch-Site"] is [("cross-site" or "same-site") and { } site])
        {
            // A browser's request without Origin (an image, a link, a no-cors GET) still says where it comes from.
            return ApiError.Forbidden($"A browser sent this request from another site ({site}).", "origin_not_allowed");
        }

        if (request.Headers.ContentEncoding.Count > 0)
        {
            return new ApiError(415, "invalid_request_error", "unsupported_media_type", $"Content-Encoding {Shown(request.Headers.ContentEncoding)} is not taken; send the body as it is.");
        }

        return HasWrongContentType(request) ? ApiError.UnsupportedMediaType(request.ContentType) : null;
    }

    /// <summary>Answers a CORS preflight whose origin was found to be allowed.</summary>
    public static Task AnswerPreflightAsync(RequestContext context, string allowedMethods)
    {
        var response = context.Http.Response;
        response.StatusCode = StatusCodes.Status204NoContent;
        if (context.Http.Request.Headers.Origin.Count == 1)
        {
            response.Headers.AccessControlAllowMethods = allowedMethods;
            // The origin is allowed; which headers its pages send is theirs to say.
            response.Headers.AccessControlAllowHeaders = context.Http.Request.Headers.AccessControlRequestHeaders;
        }
        else
        {
            response.Headers.Allow = allowedMethods;
        }

        return Task.CompletedTask;
    }

    /// <summary>Lets the page of an allowed origin read the answer.</summary>
    public static void AllowReading(HttpResponse response, string origin)
    {
        response.Headers.AccessControlAllowOrigin = origin;
        response.Headers.AccessControlExposeHeaders =
            "x-request-id, x-routerd-deployment, x-routerd-decision, x-routerd-reason, x-routerd-attempts, retry-after, x-ratelimit-limit-requests, x-ratelimit-remaining-requests, x-ratelimit-reset-requests, "
            + "x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens";
        response.Headers.Vary = HeaderNames.Origin;
    }

    private static bool HasWrongContentType(HttpRequest request)
    {
        var type = request.ContentType;
        if (string.IsNullOrEmpty(type))
        {
            return request.ContentLength is > 0 || request.Headers.TransferEncoding.Count > 0;
        }

        var media = type.AsSpan();
        var parameters = media.IndexOf(';');
        if (parameters >= 0)
        {
            media = media[..parameters];
        }

        media = media.Trim();
        return !media.Equals("application/json", StringComparison.OrdinalIgnoreCase);
    }

    private bool IsOurHost(HostString host)
    {
        if (!host.HasValue)
        {
            return false;
        }

        var name = host.Host;
        if (_hosts.Contains(name))
        {
            return true;
        }

        // A rebound name is a name: an address in the Host header can only be reached as that address.
        return options.AcceptAnyAddress && IPAddress.TryParse(name.AsSpan().Trim("[]"), out _);
    }

    private bool IsAllowedOrigin(string origin, HttpRequest request)
    {
        if (_origins.Contains(origin))
        {
            return true;
        }

        // The daemon's own pages: same scheme, host and port as the request itself (whose Host was checked before).
        return Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && string.Equals(uri.Scheme, request.Scheme, StringComparison.OrdinalIgnoreCase)
            && string.Equals(uri.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
    }

    private static string Shown(string? value) => value is null ? "" : value.Length <= 80 ? value : value[..80] + "...";
}
