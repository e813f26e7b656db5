namespace RouterDaemon.Core.Simulation;

/// <summary>What a simulation gave.</summary>
/// <param name="Options">What was simulated.</param>
/// <param name="Policies">One summary for each policy, in the order asked for.</param>
public sealed record SimulationResult(SimulationOptions Options, IReadOnlyList<PolicySummary> Policies);
