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

    /// <summary>Same seed, same answer (batching aside, see <see cref="EngineModelOptions.Deterministic"/>). null (default) = a random one.</summary>
    public uint? Seed { get; init; }

    /// <summary>Added to the logits of tokens before anything else; negative infinity bans a token. null = none.</summary>
    public IReadOnlyDictionary<int, float>? LogitBias { get; init; }

    /// <summary>GBNF grammar that the text must follow, rule <c>root</c> first. null = none.</summary>
    public string? Grammar { get; init; }
}
