using System.Globalization;
using RouterDaemon.Engine.Text;

namespace RouterDaemon.Engine;

/// <summary>What a request must satisfy before it may reach native code. Names follow the HTTP parameters.</summary>
internal static class RequestRules
{
    public const int MaxTopLogProbs = 20;

    /// <summary>Far beyond what any adapter is trained for.</summary>
    public const float MaxAdapterScale = 100;

    /// <exception cref="EngineException">Names the parameter, its value and its range.</exception>
    public static void Check(GenerationRequest request)
    {
        int sources = (request.MessagesJson.IsEmpty ? 0 : 1) + (request.Prompt is null ? 0 : 1) + (request.PromptTokens.IsEmpty ? 0 : 1);
        if (sources != 1)
            throw Invalid(sources == 0 ? "one of messages and prompt is required" : "messages and prompt exclude each other", "messages");
        if (request.Suffix is not null && request.Prompt is null)
            throw Invalid("suffix needs a prompt of text", "suffix");
        Range(request.MaxTokens, 0, int.MaxValue, "max_tokens");
        Range(request.TopLogProbs, 0, MaxTopLogProbs, "top_logprobs");
        if (request.TopLogProbs > 0 && !request.LogProbs)
            throw Invalid("top_logprobs needs logprobs to be true", "top_logprobs");
        foreach ((_, float scale) in request.Adapters)
            Range(scale, -MaxAdapterScale, MaxAdapterScale, "lora scale");
        CheckStops(request.Stop);
        CheckSampling(request.Sampling);
    }

    /// <summary>Token ids from the client, checked once the vocabulary is known.</summary>
    public static void CheckTokens(ReadOnlySpan<int> tokens, int vocabularySize, string param)
    {
        for (int i = 0; i < tokens.Length; i++)
        {
            if ((uint)tokens[i] >= (uint)vocabularySize)
                throw Invalid($"{param}[{i}] is {tokens[i]}, token ids are 0 to {vocabularySize - 1}", param);
        }
    }

    public static void CheckBias(SamplingOptions sampling, int vocabularySize)
    {
        foreach ((int token, float bias) in sampling.LogitBias ?? new Dictionary<int, float>())
        {
            if ((uint)token >= (uint)vocabularySize)
                throw Invalid($"logit_bias names token {token}, token ids are 0 to {vocabularySize - 1}", "logit_bias");
            if (float.IsNaN(bias) || float.IsPositiveInfinity(bias))
                throw Invalid($"logit_bias of token {token} is not a number", "logit_bias");
        }
    }

    private static void CheckStops(IReadOnlyList<string> stops)
    {
        if (stops.Count > TextAssembler.MaxStops)
            throw Invalid($"stop has {stops.Count} strings, the limit is {TextAssembler.MaxStops}", "stop");
        foreach (string stop in stops)
        {
            if (stop.Length == 0)
                throw Invalid("stop holds an empty string", "stop");
            if (System.Text.Encoding.UTF8.GetByteCount(stop) > TextAssembler.MaxStopBytes)
                throw Invalid($"a stop string is longer than {TextAssembler.MaxStopBytes} bytes", "stop");
        }
    }

    private static void CheckSampling(SamplingOptions s)
    {
        Range(s.Temperature, float.MinValue, 100f, "temperature");
        Range(s.TopK, 0, int.MaxValue, "top_k");
        Range(s.TopP, 0f, 1f, "top_p");
        Range(s.MinP, 0f, 1f, "min_p");
        Range(s.TypicalP, 0f, 1f, "typical_p");
        Range(s.PenaltyLastTokens, -1, int.MaxValue, "repeat_last_n");
        Range(s.RepeatPenalty, 0.01f, 100f, "repeat_penalty");
        Range(s.FrequencyPenalty, -100f, 100f, "frequency_penalty");
        Range(s.PresencePenalty, -100f, 100f, "presence_penalty");
        Range(s.DryMultiplier, 0f, 100f, "dry_multiplier");
        Range(s.DryBase, 1f, 100f, "dry_base");
        Range(s.DryAllowedLength, 1, 1000, "dry_allowed_length");
        Range(s.DryLastTokens, -1, int.MaxValue, "dry_penalty_last_n");
        Range(s.XtcProbability, 0f, 1f, "xtc_probability");
        Range(s.XtcThreshold, 0f, 1f, "xtc_threshold");
        Range(s.TopNSigma, 0f, 100f, "top_n_sigma");
        Range(s.DynamicTemperatureRange, 0f, 100f, "dynatemp_range");
        Range(s.DynamicTemperatureExponent, 0f, 100f, "dynatemp_exponent");
        Range(s.Mirostat, 0, 2, "mirostat");
        Range(s.MirostatTau, 0.001f, 1000f, "mirostat_tau");
        Range(s.MirostatEta, 0f, 10f, "mirostat_eta");
        if (s.DryBreakers.Count > 16 || s.DryBreakers.Any(b => b.Length is 0 or > 64 || b.Contains('\0')))
            throw Invalid("dry_sequence_breakers must be at most 16 texts of 1 to 64 characters", "dry_sequence_breakers");
    }

    internal static void Range(float value, float low, float high, string param)
    {
        if (!(value >= low && value <= high))
            throw Invalid(
                string.Create(CultureInfo.InvariantCulture, $"{param} is {value}, it must be {(low == float.MinValue ? "at most" : $"{low} to")} {high}"),
                param);
    }

    internal static void Range(int value, int low, int high, string param)
    {
        if (value < low || value > high)
            throw Invalid($"{param} is {value}, it must be {(high == int.MaxValue ? $"at least {low}" : $"{low} to {high}")}", param);
    }

    public static EngineException Invalid(string message, string? param) => new(EngineErrorKind.InvalidRequest, message, param);
}
