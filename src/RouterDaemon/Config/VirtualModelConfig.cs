namespace RouterDaemon.Config;

/// <summary>A name that stands for several deployments.</summary>
internal sealed record VirtualModelConfig
{
    /// <summary>Deployment ids, model ids or patterns with <c>*</c>; order counts for static policies.</summary>
    public required IReadOnlyList<string> Deployments { get; init; }

    /// <summary>Name in the policy table; null = the default of <c>routing</c>.</summary>
    public string? Policy { get; init; }

    /// <summary>interactive, balanced or batch; null = the default of <c>routing</c>.</summary>
    public string? Preset { get; init; }

    /// <summary>Names tried in order when none of the deployments can answer.</summary>
    public IReadOnlyList<string> Fallbacks { get; init; } = [];
}
