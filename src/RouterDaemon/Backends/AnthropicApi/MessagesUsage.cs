using System.Text.Json;
using RouterDaemon.Relay.Translation;

namespace RouterDaemon.Backends.AnthropicApi;

/// <summary>Anthropic's token counts, of which later events override what they name.</summary>
internal sealed class MessagesUsage
{
    private int _input;
    private int _cacheRead;
    private int _cacheWrite;
    private int _output;

    public MessagesUsage()
    {
    }

    public MessagesUsage(JsonElement usage) => Take(usage);

    /// <summary>Takes over what a <c>usage</c> object names.</summary>
    public void Take(JsonElement usage)
    {
        _input = Count(usage, "input_tokens", _input);
        _cacheRead = Count(usage, "cache_read_input_tokens", _cacheRead);
        _cacheWrite = Count(usage, "cache_creation_input_tokens", _cacheWrite);
        _output = Count(usage, "output_tokens", _output);
    }

    /// <summary>Writes OpenAI's <c>usage</c>, whose prompt includes what came from the cache.</summary>
    public void Write(Utf8JsonWriter json)
    {
        var prompt = _input + _cacheRead + _cacheWrite;
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", prompt);
        json.WriteNumber("completion_tokens", _output);
        json.WriteNumber("total_tokens", prompt + _output);
        json.WriteStartObject("prompt_tokens_details");
        json.WriteNumber("cached_tokens", _cacheRead);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static int Count(JsonElement usage, string name, int otherwise) =>
        usage.TryGet(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count >= 0 ? count : otherwise;
}
