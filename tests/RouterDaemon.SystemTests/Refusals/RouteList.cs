namespace RouterDaemon.SystemTests.Refusals;

/// <summary>Every endpoint of the surface; the routes that later sessions add are added here too.</summary>
internal static class RouteList
{
    public static readonly (string Method, string Path)[] All =
    [
        ("POST", "/v1/chat/completions"),
        ("POST", "/v1/completions"),
        ("GET", "/v1/models"),
        ("GET", "/v1/models/tiny"),
        ("POST", "/v1/route/explain"),
        ("GET", "/health/live"),
        ("GET", "/health/ready"),
        ("GET", "/metrics"),
        ("POST", "/context/quality"),
        ("POST", "/v1/embeddings"),
        ("POST", "/v1/responses"),
        ("POST", "/v1/messages"),
        ("POST", "/v1/messages/count_tokens"),
        ("POST", "/api/chat"),
        ("POST", "/api/generate"),
        ("POST", "/api/embed"),
        ("POST", "/api/show"),
        ("GET", "/api/tags"),
        ("GET", "/api/ps"),
        ("GET", "/api/version"),
        ("POST", "/infer"),
        ("POST", "/register"),
        ("POST", "/heartbeat"),
        ("POST", "/v1/rerank"),
        ("POST", "/tokenize"),
        ("POST", "/detokenize"),
        ("POST", "/apply-template"),
        ("POST", "/mcp"),
        ("GET", "/admin/config"),
        ("GET", "/"),
    ];
}
