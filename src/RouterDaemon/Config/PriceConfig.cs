namespace RouterDaemon.Config;

/// <summary>USD per million tokens. Default 0: free.</summary>
internal sealed record PriceConfig
{
    public double InputUsdPerMillion { get; init; }

    public double OutputUsdPerMillion { get; init; }

    /// <summary>Prompt tokens that hit the provider's prefix cache; null = as input.</summary>
    public double? CachedInputUsdPerMillion { get; init; }
}
