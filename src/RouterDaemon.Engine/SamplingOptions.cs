namespace RouterDaemon.Engine;

/// <summary>How tokens are chosen. Defaults are llama-server's of the pinned release.</summary>
public sealed record SamplingOptions
{
    public static readonly SamplingOptions Default = new();

    /// <summary>Always the most likely token.</summary>
    public static readonly SamplingOptions Greedy = new() { Temperature = 0 };

    /// <summary>0 or less = greedy. Default 0.8.</summary>
    public float Temperature { get; init; } = 0.8f;

    /// <summary>Keep the k most likely tokens. 0 = all. Default 40.</summary>
    public int TopK { get; init; } = 40;

    /// <summary>Keep the most likely tokens whose probabilities add up to p. 1 = off. Default 0.95.</summary>
    public float TopP { get; init; } = 0.95f;

    /// <summary>Keep tokens at least this likely relative to the best. 0 = off. Default 0.05.</summary>
    public float MinP { get; init; } = 0.05f;

    /// <summary>Locally typical sampling (arXiv:2202.00666). 1 = off (default).</summary>
    public float TypicalP { get; init; } = 1f;

    /// <summary>Tokens looked back at by the penalties. 0 = none, -1 = the whole context. Default 64.</summary>
    public int PenaltyLastTokens { get; init; } = 64;

    /// <summary>Divides (multiplies, when negative) the logit of a token seen before (arXiv:1909.05858). 1 = off (default).</summary>
    public float RepeatPenalty { get; init; } = 1f;

    /// <summary>Subtracted for each time the token was seen. 0 = off (default).</summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>Subtracted once when the token was seen. 0 = off (default).</summary>
    public float PresencePenalty { get; init; }

    /// <summary>DRY: strength of the penalty on repeating a sequence (text-generation-webui pull 5677). 0 = off (default).</summary>
    public float DryMultiplier { get; init; }

    /// <summary>DRY: growth of the penalty with each further token of the repetition. Default 1.75.</summary>
    public float DryBase { get; init; } = 1.75f;

    /// <summary>DRY: longest repetition, in tokens, that costs nothing. Default 2.</summary>
    public int DryAllowedLength { get; init; } = 2;

    /// <summary>DRY: tokens looked back at. -1 = the whole context (default), 0 = off.</summary>
    public int DryLastTokens { get; init; } = -1;

    /// <summary>DRY: texts that a repetition does not reach across; at most 16 of 64 bytes. Default: newline, colon, quote, asterisk.</summary>
    public IReadOnlyList<string> DryBreakers { get; init; } = ["\n", ":", "\"", "*"];

    /// <summary>XTC: chance of dropping the most likely tokens (text-generation-webui pull 6335). 0 = off (default).</summary>
    public float XtcProbability { get; init; }

    /// <summary>XTC: tokens above this probability are dropped but for the least likely of them. Above 0.5 = off. Default 0.1.</summary>
    public float XtcThreshold { get; init; } = 0.1f;

    /// <summary>Top-n-sigma: keep tokens within n standard deviations of the best logit (arXiv:2411.07641). 0 = off (default).</summary>
    public float TopNSigma { get; init; }

    /// <summary>Dynamic temperature: half-width of the range around the temperature (arXiv:2309.02772). 0 = off (default).</summary>
    public float DynamicTemperatureRange { get; init; }

    /// <summary>Dynamic temperature: exponent over the entropy. Default 1.</summary>
    public float DynamicTemperatureExponent { get; init; } = 1f;

    /// <summary>Mirostat version 1 or 2 (arXiv:2007.14966), which replaces the truncations. 0 = off (default).</summary>
    public int Mirostat { get; init; }

    /// <summary>Mirostat: target surprise. Default 5.</summary>
    public float MirostatTau { get; init; } = 5f;

    /// <summary>Mirostat: learning rate. Default 0.1.</summary>
    public float MirostatEta { get; init; } = 0.1f;

    /// <summary>Same seed, same answer (batching aside, see <see cref="EngineModelOptions.Deterministic"/>). null (default) = a random one.</summary>
    public uint? Seed { get; init; }

    /// <summary>Added to the logits of tokens before anything else; negative infinity bans a token. null = none.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>GBNF grammar that the text must follow, rule <c>root</c> first. null = none.</summary>
    public string? Grammar { get; init; }
}
