using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Config;

/// <summary>One model on one backend; its id is <c>model/backend</c>.</summary>
internal sealed record DeploymentConfig
{
    /// <summary>The name clients use.</summary>
    public string Model { get; init; } = "";

    /// <summary>The name the backend uses; null = the same.</summary>
    public string? UpstreamModel { get; init; }

    /// <summary>Context window in tokens. 0 (default) = unknown, learned from the backend where it says so.</summary>
    public int ContextTokens { get; init; }

    /// <summary>Null = unknown: from the table of well-known models where it has one, else free.</summary>
    public PriceConfig? Price { get; init; }

    /// <summary>Null = unknown: what the backend's kind usually has.</summary>
    public Capability? Capabilities { get; init; }

    /// <summary>Prior quality 0..1; null = unknown.</summary>
    public double? Quality { get; init; }

    /// <summary>Most requests at once for this deployment; null = the backend's.</summary>
    public int? MaxInFlight { get; init; }

    /// <summary>Sequences it decodes together; 0 (default) = unknown.</summary>
    public int Slots { get; init; }

    /// <summary>Relative share for the <c>weighted</c> policy; null = the backend's.</summary>
    public double? Weight { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyList<string> Aliases { get; init; } = [];
}
