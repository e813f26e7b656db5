namespace RouterDaemon.Store.Context.Sql;

/// <summary>What one statement may cost.</summary>
public sealed record SqlLimits
{
    /// <summary>Run time. Default 5 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Steps of SQLite's virtual machine, checked every 1000; a busy machine does not stretch them. Default 500 million, about <see cref="Timeout"/> on an idle core.</summary>
    public long MaxSteps { get; init; } = 500_000_000;

    /// <summary>Rows of the answer; more are cut and reported by <c>has_more</c>. Default 1000.</summary>
    public int MaxRows { get; init; } = 1_000;

    /// <summary>Characters of the answer's texts together. Default 1 Mi.</summary>
    public int MaxCharacters { get; init; } = 1 << 20;
}
