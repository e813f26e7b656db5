namespace RouterDaemon.Config;

/// <summary>A name clients use that stands for several deployments.</summary>
internal sealed record VirtualModelConfig
{
    /// <summary>Every deployment.</summary>
    public static readonly VirtualModelConfig Auto = new() { Id = "auto", Deployments = ["*"] };

    public string Id { get; init; } = "";

    /// <summary>Deployment ids, model ids or patterns with <c>*</c>; see <see cref="DeploymentPattern"/>.</summary>
    public IReadOnlyList<string> Deployments { get; init; } = [];

    /// <summary>Null = <see cref="RoutingConfig.Policy"/>.</summary>
    public string? Policy { get; init; }

    /// <summary>Null = <see cref="RoutingConfig.Preset"/>.</summary>
    public RoutingPresetName? Preset { get; init; }

    /// <summary>Names tried in this order when none of <see cref="Deployments"/> is usable: virtual models, deployments or models.</summary>
    public IReadOnlyList<string> Fallbacks { get; init; } = [];
}
