using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Agents.Loop;
using RouterDaemon.Agents.Tools;
using RouterDaemon.Core;
using RouterDaemon.Store;
using RouterDaemon.Store.Records;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Http.Context;

/// <summary><c>GET /context/tools</c>, <c>POST /context/tools/{name}</c>, <c>/context/ask</c> and <c>/context/quality</c>.</summary>
internal sealed class ContextTools(
    ToolRegistry registry, IInference inference, Func<ContextStore?> store, QualityLearner quality, TimeProvider time)
{
    private const long MaxBodyBytes = 1024 * 1024;

    public ValueTask ListAsync(RequestContext context) => JsonAnswer.WriteAsync(context, 200, json => registry.Definitions.WriteTo(json));

    public async ValueTask InvokeAsync(RequestContext context)
    {
        using var arguments = await ReadAsync(context).ConfigureAwait(false);
        var result = await registry.InvokeAsync(context.RouteValue, arguments.RootElement, context.Http.RequestAborted).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(context, StatusOf(result), json => result.WriteTo(json)).ConfigureAwait(false);
    }

    /// <summary>
    /// Body: <c>{"question": "...", "model": name or absent, "planner": true to use no model}</c>. Every step of the answer as a server-sent
    /// event; the last one is the answer.
    /// </summary>
    public async ValueTask AskAsync(RequestContext context)
    {
        using var body = await ReadAsync(context).ConfigureAwait(false);
        if (!body.RootElement.TryGetProperty("question", out var question) || question.ValueKind != JsonValueKind.String)
        {
            throw new ApiException(ApiError.BadRequest("\"question\" must be a string.", "question"));
        }

        var options = new AgentOptions();
        if (body.RootElement.TryGetProperty("model", out var model) && model.ValueKind != JsonValueKind.Null)
        {
            options = model.ValueKind == JsonValueKind.String && model.GetString() is { Length: > 0 } name
                ? options with { Model = name }
                : throw new ApiException(ApiError.BadRequest("\"model\" must be the name of a model.", "model"));
        }

        if (body.RootElement.TryGetProperty("planner", out var planner) && planner.ValueKind != JsonValueKind.Null)
        {
            options = planner.ValueKind is JsonValueKind.True or JsonValueKind.False
                ? options with { PlannerOnly = planner.GetBoolean() }
                : throw new ApiException(ApiError.BadRequest("\"planner\" must be true or false.", "planner"));
        }

        var response = context.Http.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        var agent = new ContextAgent(registry, inference, time, options);
        await foreach (var step in agent.AskAsync(question.GetString()!, context.Http.RequestAborted).ConfigureAwait(false))
        {
            var line = $"data: {step.ToJson().ToJsonString()}\n\n";
            await response.Body.WriteAsync(Encoding.UTF8.GetBytes(line), context.Http.RequestAborted).ConfigureAwait(false);
            await response.Body.FlushAsync(context.Http.RequestAborted).ConfigureAwait(false);
        }
    }

    /// <summary>Body: <c>{"request_id": "req_...", "score": 0..1, "evaluated_at": RFC 3339 or absent}</c>.</summary>
    public async ValueTask QualityAsync(RequestContext context)
    {
        using var body = await ReadAsync(context).ConfigureAwait(false);
        var root = body.RootElement;
        if (!root.TryGetProperty("request_id", out var id) || id.ValueKind != JsonValueKind.String || id.GetString() is not { Length: > 0 } requestId)
        {
            throw new ApiException(ApiError.BadRequest("\"request_id\" must be a string.", "request_id"));
        }

        if (!root.TryGetProperty("score", out var score) || score.ValueKind != JsonValueKind.Number || score.GetDouble() is not (>= 0 and <= 1) and var _)
        {
            throw new ApiException(ApiError.BadRequest("\"score\" must be a number from 0 to 1.", "score"));
        }

        DateTimeOffset? at = null;
        if (root.TryGetProperty("evaluated_at", out var text) && text.ValueKind != JsonValueKind.Null)
        {
            at = text.ValueKind == JsonValueKind.String && text.TryGetDateTimeOffset(out var parsed)
                ? parsed
                : throw new ApiException(ApiError.BadRequest("\"evaluated_at\" must be a time such as 2026-01-31T12:00:00Z.", "evaluated_at"));
        }

        var open = store() ?? throw new ApiException(ApiError.Unavailable("The store is not open yet.", TimeSpan.FromSeconds(1), "store_not_open"));
        var result = await open.AddQualityScoreAsync(requestId, score.GetDouble(), at, context.Http.RequestAborted).ConfigureAwait(false);
        if (result == QualityScoreResult.UnknownRequest)
        {
            throw new ApiException(new ApiError(404, "invalid_request_error", "not_found", $"There is no request {requestId} (rows follow requests by a fraction of a second).", "request_id"));
        }

        await quality.OnScoredAsync(open, requestId, result).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", result == QualityScoreResult.Added ? "added" : "replaced");
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static int StatusOf(JsonObject result) => !ToolRegistry.IsError(result) ? 200 : result["code"]?.ToString() switch
    {
        "NOT_FOUND" => 404,
        "INVALID_PARAMETER" => 400,
        _ => 500,
    };

    private static async ValueTask<JsonDocument> ReadAsync(RequestContext context)
    {
        using var body = await RequestBody.ReadAsync(context, MaxBodyBytes).ConfigureAwait(false);
        try
        {
            // Parsed from a copy: the document outlives the pooled body.
            var document = JsonDocument.Parse(body.Length == 0 ? "{}"u8.ToArray() : body.Span.ToArray());
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document
                : throw new ApiException(ApiError.BadRequest("The body must be a JSON object.", null, "invalid_json"));
        }
        catch (JsonException e)
        {
            throw new ApiException(ApiError.BadRequest($"The body is not JSON: {e.Message}", null, "invalid_json"));
        }
    }
}
