using System.Buffers;
using System.Text.Json;

namespace RouterDaemon.Http;

/// <summary>Writes an <see cref="ApiError"/> in the envelope of the route's dialect.</summary>
internal static class ErrorWriter
{
    /// <summary>Answers with the error; does nothing but abort when the answer has already begun.</summary>
    public static async Task WriteAsync(RequestContext context, ApiError error)
    {
        var response = context.Http.Response;
        if (response.HasStarted)
        {
            context.Http.Abort();
            return;
        }

        var body = new ArrayBufferWriter<byte>(256);
        Format(body, context.Dialect, error);
        response.StatusCode = error.Status;
        var headers = response.Headers;
        headers.ContentType = "application/json";
        headers.ContentLength = body.WrittenCount;
        if (error.RetryAfter is { } after)
        {
            headers.RetryAfter = ((long)Math.Max(1, Math.Ceiling(after.TotalSeconds))).ToString();
        }

        if (error.Allow is not null)
        {
            headers.Allow = error.Allow;
        }

        if (error.CloseConnection)
        {
            headers.Connection = "close";
        }

        await response.Body.WriteAsync(body.WrittenMemory, context.Http.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>The envelope alone, as it also stands in a stream's <c>error</c> event.</summary>
    public static void Format(IBufferWriter<byte> output, Dialect dialect, ApiError error)
    {
        using var json = new Utf8JsonWriter(output, JsonDefaults.Writer);
        json.WriteStartObject();
        switch (dialect)
        {
            case Dialect.Ollama:
                json.WriteString("error", error.Message);
                break;
            case Dialect.Anthropic:
                json.WriteString("type", "error");
                json.WriteStartObject("error");
                json.WriteString("type", AnthropicType(error));
                json.WriteString("message", error.Message);
                json.WriteEndObject();
                break;
            default:
                json.WriteStartObject("error");
                json.WriteString("message", error.Message);
                json.WriteString("type", error.Type);
                WriteOrNull(json, "param", error.Param);
                WriteOrNull(json, "code", error.Code);
                json.WriteEndObject();
                break;
        }

        json.WriteEndObject();
    }

    private static void WriteOrNull(Utf8JsonWriter json, string name, string? value)
    {
        if (value is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, value);
        }
    }

    /// <summary>Anthropic's error types by status, from its public API reference.</summary>
    private static string AnthropicType(ApiError error) => error.Status switch
    {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        500 or 502 => "api_error",
        503 => "overloaded_error",
        504 => "timeout_error",
        _ => "invalid_request_error",
    };
}
