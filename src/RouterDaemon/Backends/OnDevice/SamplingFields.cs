using System.Globalization;
using System.Text.Json;
using RouterDaemon.Engine;
using static RouterDaemon.Backends.OnDevice.JsonFields;

namespace RouterDaemon.Backends.OnDevice;

/// <summary>Reads the sampling parameters of OpenAI's API, of llama-server and, where the names differ, of vLLM. The engine checks ranges.</summary>
internal static class SamplingFields
{
    /// <summary>The sampling of a body; what is absent has llama-server's default.</summary>
    public static SamplingOptions Read(JsonElement root)
    {
        var defaults = SamplingOptions.Default;
        return new SamplingOptions
        {
            Temperature = Number(root, "temperature") ?? defaults.Temperature,
            TopK = Int(root, "top_k") is { } k ? Math.Max(k, 0) : defaults.TopK,
            TopP = Number(root, "top_p") ?? defaults.TopP,
            MinP = Number(root, "min_p") ?? defaults.MinP,
            TypicalP = Number(root, "typical_p") ?? defaults.TypicalP,
            TopNSigma = Number(root, "top_n_sigma") is { } sigma ? Math.Max(sigma, 0) : defaults.TopNSigma,
            PenaltyLastTokens = Int(root, "repeat_last_n") ?? defaults.PenaltyLastTokens,
            RepeatPenalty = Number(root, "repeat_penalty") ?? Number(root, "repetition_penalty") ?? defaults.RepeatPenalty,
            FrequencyPenalty = Float(root, "frequency_penalty", -2, 2) ?? defaults.FrequencyPenalty,
            PresencePenalty = Float(root, "presence_penalty", -2, 2) ?? defaults.PresencePenalty,
            DryMultiplier = Number(root, "dry_multiplier") ?? defaults.DryMultiplier,
            DryBase = Number(root, "dry_base") ?? defaults.DryBase,
            DryAllowedLength = Int(root, "dry_allowed_length") ?? defaults.DryAllowedLength,
            DryLastTokens = Int(root, "dry_penalty_last_n") ?? defaults.DryLastTokens,
            DryBreakers = TryGet(root, "dry_sequence_breakers", out _) ? Texts(root, "dry_sequence_breakers") : defaults.DryBreakers,
            XtcProbability = Number(root, "xtc_probability") ?? defaults.XtcProbability,
            XtcThreshold = Number(root, "xtc_threshold") ?? defaults.XtcThreshold,
            DynamicTemperatureRange = Number(root, "dynatemp_range") ?? defaults.DynamicTemperatureRange,
            DynamicTemperatureExponent = Number(root, "dynatemp_exponent") ?? defaults.DynamicTemperatureExponent,
            Mirostat = Int(root, "mirostat") ?? defaults.Mirostat,
            MirostatTau = Number(root, "mirostat_tau") ?? defaults.MirostatTau,
            MirostatEta = Number(root, "mirostat_eta") ?? defaults.MirostatEta,
            Seed = ReadSeed(root),
            LogitBias = ReadLogitBias(root),
            Grammar = Text(root, "grammar") is { Length: > 0 } grammar ? grammar : null,
        };
    }

    private static float? Number(JsonElement root, string name) => Float(root, name, float.MinValue, float.MaxValue);

    /// <summary>llama-server's clients send -1 for "any seed".</summary>
    private static uint? ReadSeed(JsonElement root) =>
        !TryGet(root, "seed", out var seed) ? null
        : seed.ValueKind != JsonValueKind.Number || !seed.TryGetInt64(out var value) ? throw Bad("seed", "must be an integer")
        : value == -1 ? null : unchecked((uint)value);

    /// <summary>OpenAI's object of token ids and numbers, or llama-server's array of pairs.</summary>
    private static Dictionary<int, float>? ReadLogitBias(JsonElement root)
    {
        if (!TryGet(root, "logit_bias", out var bias))
        {
            return null;
        }

        var result = new Dictionary<int, float>();
        if (bias.ValueKind == JsonValueKind.Object)
        {
            foreach (var entry in bias.EnumerateObject())
            {
                AddBias(result, int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var token) ? token : -1, entry.Name, entry.Value);
            }
        }
        else if (bias.ValueKind == JsonValueKind.Array)
        {
            foreach (var pair in bias.EnumerateArray())
            {
                var isPair = pair.ValueKind == JsonValueKind.Array && pair.GetArrayLength() == 2;
                AddBias(result, isPair && pair[0].ValueKind == JsonValueKind.Number && pair[0].TryGetInt32(out var token) ? token : -1, pair.GetRawText(), isPair ? pair[1] : default);
            }
        }
        else
        {
            throw Bad("logit_bias", "must be an object of token ids and numbers, or an array of [token, number]");
        }

        return result;
    }

    private static void AddBias(Dictionary<int, float> result, int token, string name, JsonElement value)
    {
        // OpenAI: -100 bans a token; llama-server: so does false.
        var weight = value.ValueKind switch
        {
            JsonValueKind.Number => value.GetSingle(),
            JsonValueKind.False => -100,
            _ => float.NaN,
        };
        if (token < 0 || float.IsNaN(weight))
        {
            throw Bad("logit_bias", $"has {name}: it needs token ids with numbers");
        }

        if (weight is not (>= -100 and <= 100))
        {
            throw Bad("logit_bias", $"has {weight} for {token}: it must lie from -100 to 100");
        }

        result[token] = weight <= -100 ? float.NegativeInfinity : weight;
    }
}
