using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Config;

/// <summary>One model on a backend.</summary>
internal sealed record DeploymentConfig
{
    /// <summary>Name clients use.</summary>
    public required string Model { get; init; }

    /// <summary>Name the backend uses. Default = <see cref="Model"/>.</summary>
    public string? UpstreamModel { get; init; }

    /// <summary>Context window in tokens. Default 0 = unknown.</summary>
    public int ContextTokens { get; init; }

    /// <summary>USD per million prompt tokens. Default 0.</summary>
    public double PriceInputUsdPerMillion { get; init; }

    /// <summary>USD per million answer tokens. Default 0.</summary>
    public double PriceOutputUsdPerMillion { get; init; }

    /// <summary>USD per million cached prompt tokens; null = the input price.</summary>
    public double? PriceCachedInputUsdPerMillion { get; init; }

    /// <summary>What it can do; null = what its kind usually can.</summary>
    public Capability? Capabilities { get; init; }

    /// <summary>Prior quality 0..1. Default 0.5.</summary>
    public double Quality { get; init; } = 0.5;

    /// <summary>Most requests at once; null = the backend's.</summary>
    public int? MaxInFlight { get; init; }

    /// <summary>Tags, added to the backend's.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Share under the <c>weighted</c> policy; null = the backend's.</summary>
    public double? Weight { get; init; }

    /// <summary>Other names for the model.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];
}
