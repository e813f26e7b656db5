using System.Text.Json;

namespace RouterDaemon.Relay.Translation.Responses;

/// <summary>The members of a response that repeat its request, with the defaults of the API reference where it was silent.</summary>
internal static class ResponseEcho
{
    private static readonly (string Name, string Default)[] Members =
    [
        ("instructions", "null"), ("max_output_tokens", "null"), ("max_tool_calls", "null"), ("metadata", "{}"), ("parallel_tool_calls", "true"),
        ("previous_response_id", "null"), ("reasoning", "{\"effort\":null,\"summary\":null}"), ("safety_identifier", "null"), ("service_tier", "\"default\""),
        ("store", "true"), ("temperature", "1"), ("text", "{\"format\":{\"type\":\"text\"}}"), ("tool_choice", "\"auto\""), ("tools", "[]"),
        ("top_logprobs", "0"), ("top_p", "1"), ("truncation", "\"disabled\""), ("user", "null"),
    ];

    public static void Write(Utf8JsonWriter json, JsonElement echo)
    {
        foreach (var (name, otherwise) in Members)
        {
            json.WritePropertyName(name);
            if (echo.TryGet(name, out var value))
            {
                value.WriteTo(json);
            }
            else
            {
                json.WriteRawValue(otherwise);
            }
        }
    }
}
