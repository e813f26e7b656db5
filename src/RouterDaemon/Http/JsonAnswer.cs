using System.Buffers;
using System.Text.Json;

namespace RouterDaemon.Http;

/// <summary>A whole JSON answer of a cold route.</summary>
internal static class JsonAnswer
{
    /// <summary>Writes what <paramref name="write"/> produces, with its length.</summary>
    public static ValueTask WriteAsync(RequestContext context, int status, Action<Utf8JsonWriter> write)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(body, JsonDefaults.Writer))
        {
            write(json);
        }

        var response = context.Http.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = body.WrittenCount;
        return response.Body.WriteAsync(body.WrittenMemory, context.Http.RequestAborted);
    }
}
