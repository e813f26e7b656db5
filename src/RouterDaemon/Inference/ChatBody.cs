using System.Buffers;
using System.Globalization;
using System.Text.Json;
using RouterDaemon.Core;
using RouterDaemon.Http;

namespace RouterDaemon.Inference;

/// <summary>An agent's completion as a request of the OpenAI surface.</summary>
internal static class ChatBody
{
    /// <summary>Makes the answer's last event say what served it and what it cost.</summary>
    public const string ExplainHeader = "x-routerd-explain";

    /// <summary>What the completion may cost.</summary>
    public const string MaxCostHeader = "x-routerd-max-cost-usd";

    public static byte[] Write(InferenceRequest request)
    {
        var body = new ArrayBufferWriter<byte>(request.MessagesJson.Length + 4096);
        using (var json = new Utf8JsonWriter(body, JsonDefaults.Writer))
        {
            json.WriteStartObject();
            json.WriteString("model", request.Model);
            json.WriteBoolean("stream", true);
            json.WriteNumber("max_tokens", request.MaxTokens);
            json.WritePropertyName("messages");
            json.WriteRawValue(request.MessagesJson);
            if (request.ToolsJson is { } tools)
            {
                json.WritePropertyName("tools");
                json.WriteRawValue(tools);
            }

            json.WriteEndObject();
        }

        return body.WrittenSpan.ToArray();
    }

    /// <summary>Value of <see cref="MaxCostHeader"/>; null = no limit.</summary>
    public static string? MaxCost(InferenceRequest request) =>
        request.MaxCostUsd > 0 ? request.MaxCostUsd.ToString("0.########", CultureInfo.InvariantCulture) : null;
}
