namespace RouterDaemon.Http;

/// <summary><c>GET /</c>: where one is.</summary>
internal static class Root
{
    public static ValueTask GetAsync(RequestContext context) => JsonAnswer.WriteAsync(context, 200, json =>
    {
        json.WriteStartObject();
        json.WriteString("name", "routerd");
        json.WriteString("version", BuildInfo.Version);
        json.WriteString("api", "/v1");
        json.WriteString("models", "/v1/models");
        json.WriteEndObject();
    });
}
