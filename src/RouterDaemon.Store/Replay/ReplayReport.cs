namespace RouterDaemon.Store.Replay;

/// <summary>What a replay found.</summary>
public sealed record ReplayReport
{
    /// <summary>From, inclusive.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>To, exclusive.</summary>
    public required DateTimeOffset Until { get; init; }

    /// <summary>Routed requests in that time.</summary>
    public required int Requests { get; init; }

    /// <summary>Predicted against actual.</summary>
    public required IReadOnlyList<DeploymentCalibration> Calibration { get; init; }

    /// <summary>Decisions that were sampled with all their inputs.</summary>
    public required int Samples { get; init; }

    /// <summary>Samples of another layout, written by another version; they are left out.</summary>
    public required int OtherFormat { get; init; }

    /// <summary>Samples whose decision came out the same, winner and every term to the last bit.</summary>
    public required int Reproduced { get; init; }

    /// <summary>Requests whose decision did not come out the same, at most a hundred.</summary>
    public required IReadOnlyList<string> Different { get; init; }

    /// <summary>The policies on the samples, what was chosen first.</summary>
    public required IReadOnlyList<PolicyComparison> Policies { get; init; }
}
