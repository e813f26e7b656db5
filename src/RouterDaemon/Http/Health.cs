namespace RouterDaemon.Http;

/// <summary><c>/health/live</c>: the process answers. <c>/health/ready</c>: it can serve, else 503 with the reasons.</summary>
internal sealed class Health(Func<IReadOnlyList<string>> notReadyReasons)
{
    private static readonly byte[] Alive = """{"status":"live"}"""u8.ToArray();
    private static readonly byte[] ReadyBody = """{"status":"ready"}"""u8.ToArray();

    public static ValueTask LiveAsync(RequestContext context) => WriteAsync(context, 200, Alive);

    public ValueTask ReadyAsync(RequestContext context)
    {
        var reasons = notReadyReasons();
        return reasons.Count == 0 ? WriteAsync(context, 200, ReadyBody) : JsonAnswer.WriteAsync(context, 503, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", "not ready");
            json.WriteStartArray("reasons");
            foreach (var reason in reasons)
            {
                json.WriteStringValue(reason);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static ValueTask WriteAsync(RequestContext context, int status, byte[] body)
    {
        var response = context.Http.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, context.Http.RequestAborted);
    }
}
