using System.Globalization;
using System.Text;
using System.Text.Json;
using RouterDaemon.Engine;
using RouterDaemon.Http;
using RouterDaemon.Relay;

namespace RouterDaemon.Backends.OnDevice;

/// <summary>Reads an OpenAI body, with llama-server's extra sampling fields, into the engine's terms.</summary>
internal static class GenerationRequestReader
{
    private const int MaxStops = 16;

    /// <summary>The engine's request for a body.</summary>
    /// <exception cref="UpstreamException">Carries the 400 or 422 that names the field.</exception>
    public static GenerationRequest Read(ReadOnlyMemory<byte> body, Operation operation)
    {
        using var document = JsonDocument.Parse(body);
        var root = document.RootElement;
        Refuse(root, "functions", "use \"tools\"");
        if (root.TryGetProperty("n", out var n) && n.ValueKind == JsonValueKind.Number && n.GetInt32() != 1)
        {
            throw Bad("n", "must be 1 on this deployment");
        }

        var logProbs = ReadLogProbs(root, operation, out var topLogProbs);
        var request = new GenerationRequest
        {
            Sampling = ReadSampling(root),
            MaxTokens = Int(root, "max_completion_tokens") ?? Int(root, "max_tokens") ?? (operation == Operation.Completion ? 16 : 0),
            Stop = ReadStops(root),
            LogProbs = logProbs,
            TopLogProbs = topLogProbs,
            IgnoreEos = Bool(root, "ignore_eos"),
            ResponseFormatJson = root.TryGetProperty("response_format", out var format) && format.ValueKind == JsonValueKind.Object
                ? Encoding.UTF8.GetBytes(format.GetRawText())
                : default,
        };
        return operation == Operation.Chat ? ReadChat(root, request) : request with { Prompt = ReadPrompt(root, out var tokens), PromptTokens = tokens };
    }

    private static GenerationRequest ReadChat(JsonElement root, GenerationRequest request)
    {
        var messages = root.GetProperty("messages");
        return request with
        {
            MessagesJson = Encoding.UTF8.GetBytes(messages.GetRawText()),
            ToolsJson = root.TryGetProperty("tools", out var tools) && tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() > 0
                ? Encoding.UTF8.GetBytes(tools.GetRawText())
                : default,
            TemplateArgumentsJson = root.TryGetProperty("chat_template_kwargs", out var kwargs) && kwargs.ValueKind == JsonValueKind.Object
                ? Encoding.UTF8.GetBytes(kwargs.GetRawText())
                : default,
        };
    }

    private static string? ReadPrompt(JsonElement root, out ReadOnlyMemory<int> tokens)
    {
        tokens = default;
        var prompt = root.GetProperty("prompt");
        switch (prompt.ValueKind)
        {
            case JsonValueKind.String:
                return prompt.GetString();
            case JsonValueKind.Array when prompt.GetArrayLength() == 1 && prompt[0].ValueKind == JsonValueKind.String:
                return prompt[0].GetString();
            case JsonValueKind.Array when prompt.GetArrayLength() > 0 && prompt[0].ValueKind == JsonValueKind.Number:
                var ids = new int[prompt.GetArrayLength()];
                for (var i = 0; i < ids.Length; i++)
                {
                    ids[i] = prompt[i].ValueKind == JsonValueKind.Number && prompt[i].TryGetInt32(out var id) ? id : throw Bad("prompt", "must hold token ids only");
                }

                tokens = ids;
                return null;
            default:
                throw Bad("prompt", "must be a string, an array of one string, or an array of token ids on this deployment");
        }
    }

    private static SamplingOptions ReadSampling(JsonElement root)
    {
        var defaults = SamplingOptions.Default;
        return new SamplingOptions
        {
            Temperature = Float(root, "temperature", 0, 100) ?? defaults.Temperature,
            TopK = Int(root, "top_k") ?? defaults.TopK,
            TopP = Float(root, "top_p", 0, 1) ?? defaults.TopP,
            MinP = Float(root, "min_p", 0, 1) ?? defaults.MinP,
            TypicalP = Float(root, "typical_p", 0, 1) ?? defaults.TypicalP,
            PenaltyLastTokens = Int(root, "repeat_last_n") ?? defaults.PenaltyLastTokens,
            RepeatPenalty = Float(root, "repeat_penalty", 0, 100) ?? defaults.RepeatPenalty,
            FrequencyPenalty = Float(root, "frequency_penalty", -2, 2) ?? defaults.FrequencyPenalty,
            PresencePenalty = Float(root, "presence_penalty", -2, 2) ?? defaults.PresencePenalty,
            Seed = root.TryGetProperty("seed", out var seed) && seed.ValueKind != JsonValueKind.Null
                ? (seed.ValueKind == JsonValueKind.Number && seed.TryGetInt64(out var value) ? unchecked((uint)value) : throw Bad("seed", "must be an integer"))
                : null,
            LogitBias = ReadLogitBias(root),
            Grammar = root.TryGetProperty("grammar", out var grammar) && grammar.ValueKind == JsonValueKind.String ? grammar.GetString() : null,
        };
    }

    private static Dictionary<int, float>? ReadLogitBias(JsonElement root)
    {
        if (!root.TryGetProperty("logit_bias", out var bias) || bias.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (bias.ValueKind != JsonValueKind.Object)
        {
            throw Bad("logit_bias", "must be an object of token ids and numbers");
        }

        var result = new Dictionary<int, float>();
        foreach (var entry in bias.EnumerateObject())
        {
            if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var token)
                || entry.Value.ValueKind != JsonValueKind.Number)
            {
                throw Bad("logit_bias", $"has \"{entry.Name}\": it needs token ids with numbers");
            }

            var weight = entry.Value.GetSingle();
            if (weight is not (>= -100 and <= 100))
            {
                throw Bad("logit_bias", $"has {weight} for {entry.Name}: it must lie from -100 to 100");
            }

            // OpenAI: -100 bans a token.
            result[token] = weight <= -100 ? float.NegativeInfinity : weight;
        }

        return result;
    }

    private static bool ReadLogProbs(JsonElement root, Operation operation, out int top)
    {
        top = 0;
        if (!root.TryGetProperty("logprobs", out var logProbs) || logProbs.ValueKind is JsonValueKind.Null or JsonValueKind.False)
        {
            return false;
        }

        if (operation == Operation.Completion)
        {
            top = logProbs.ValueKind == JsonValueKind.Number && logProbs.TryGetInt32(out var count) && count is >= 0 and <= 5
                ? count
                : throw Bad("logprobs", "must be a number from 0 to 5");
            return true;
        }

        top = Int(root, "top_logprobs") ?? 0;
        return top is >= 0 and <= 20 ? true : throw Bad("top_logprobs", "must be from 0 to 20");
    }

    private static List<string> ReadStops(JsonElement root)
    {
        if (!root.TryGetProperty("stop", out var stop) || stop.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        List<string> stops = stop.ValueKind switch
        {
            JsonValueKind.String => [stop.GetString()!],
            JsonValueKind.Array when stop.EnumerateArray().All(s => s.ValueKind == JsonValueKind.String) =>
                [.. stop.EnumerateArray().Select(s => s.GetString()!)],
            _ => throw Bad("stop", "must be a string or an array of strings"),
        };
        if (stops.Count > MaxStops)
        {
            throw Bad("stop", $"has {stops.Count} strings; at most {MaxStops} are taken");
        }

        return stops.Any(s => s.Length == 0) ? throw Bad("stop", "must not hold an empty string") : stops;
    }

    private static void Refuse(JsonElement root, string field, string instead)
    {
        if (root.TryGetProperty(field, out var value) && value.ValueKind is not JsonValueKind.Null)
        {
            throw Bad(field, $"is not served here; {instead}");
        }
    }

    private static int? Int(JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : throw Bad(name, "must be an integer");
    }

    private static float? Float(JsonElement root, string name, float min, float max)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.GetSingle() is var number && number >= min && number <= max
            ? number
            : throw Bad(name, string.Create(CultureInfo.InvariantCulture, $"must be a number from {min} to {max}"));
    }

    private static bool Bool(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
        && (value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Bad(name, "must be true or false"));

    private static UpstreamException Bad(string field, string what)
    {
        var message = $"\"{field}\" {what}.";
        return new UpstreamException(RelayError.RequestRefused, message) { ClientError = ApiError.BadRequest(message, field, "invalid_value") };
    }
}
