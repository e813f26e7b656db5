namespace RouterDaemon.Store.Replay;

/// <summary>One routed request as it was recorded: what was predicted, and what came of it. NaN = not known.</summary>
public sealed record RecordedRequest
{
    /// <summary>The request's id.</summary>
    public required string Id { get; init; }

    /// <summary>Arrival, microseconds since 1970.</summary>
    public required long StartedUnixMicros { get; init; }

    /// <summary><c>model/backend</c> that served or failed it.</summary>
    public required string DeploymentId { get; init; }

    /// <summary>True when a whole answer was delivered.</summary>
    public required bool Succeeded { get; init; }

    /// <summary>Attempts, the last one included.</summary>
    public required int Attempts { get; init; }

    /// <summary>End to end.</summary>
    public double LatencyMs { get; init; } = double.NaN;

    /// <summary>Arrival to first content; NaN for answers that were not streamed.</summary>
    public double TtftMs { get; init; } = double.NaN;

    /// <summary>Mean time between tokens.</summary>
    public double ItlMs { get; init; } = double.NaN;

    /// <summary>Prompt tokens.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Answer tokens.</summary>
    public int CompletionTokens { get; init; }

    /// <summary>What it cost.</summary>
    public double CostUsd { get; init; }

    /// <summary>Predicted when the deployment was chosen.</summary>
    public double PredictedTtftMs { get; init; } = double.NaN;

    /// <summary>Predicted when the deployment was chosen.</summary>
    public double PredictedItlMs { get; init; } = double.NaN;

    /// <summary>
    /// True when prediction and measurement speak of the same thing: a first attempt that answered. A retry's measured time holds the failed
    /// attempts before it, a hedge's the wait for the first one.
    /// </summary>
    public required bool IsComparable { get; init; }
}
