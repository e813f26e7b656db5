namespace RouterDaemon.Store.Context;

/// <summary>One generated request.</summary>
internal sealed record DemoRequest
{
    public required string Id { get; init; }

    public required DemoFleet.User User { get; init; }

    public required DemoFleet.Deployment Deployment { get; init; }

    public required string TaskType { get; init; }

    public required int InputTokens { get; init; }

    public required int OutputTokens { get; init; }

    public required double CostUsd { get; init; }

    public required int LatencyMs { get; init; }

    public required string Status { get; init; }

    public required string RouterVersion { get; init; }

    public required string? Experiment { get; init; }

    public required string RoutingReason { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public double? Score { get; set; }

    public DateTimeOffset EvaluatedAt { get; set; }
}
