using RouterDaemon.Core.Routing;

namespace RouterDaemon.Core.Fleet;

/// <summary>What a model name stands for.</summary>
public sealed class NameTarget
{
    /// <summary>Deployments of the snapshot the index was built for, in order of preference.</summary>
    public required CandidateSet Candidates { get; init; }

    /// <summary>The virtual model's name; null when the name is none.</summary>
    public string? VirtualModel { get; init; }

    /// <summary>Policy override by name; null = none.</summary>
    public string? Policy { get; init; }

    /// <summary>Preset override by name; null = none.</summary>
    public string? Preset { get; init; }

    /// <summary>What a suffix asked for.</summary>
    public RouteObjective Objective { get; init; }

    internal NameTarget With(RouteObjective objective) => new()
    {
        Candidates = Candidates,
        VirtualModel = VirtualModel,
        Policy = Policy,
        Preset = Preset,
        Objective = objective,
    };
}
