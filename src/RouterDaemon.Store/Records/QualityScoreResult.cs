namespace RouterDaemon.Store.Records;

/// <summary>What became of a quality score.</summary>
public enum QualityScoreResult
{
    /// <summary>Stored.</summary>
    Added,

    /// <summary>The request had a score; it is replaced.</summary>
    Replaced,

    /// <summary>No such request (yet: rows follow requests by a fraction of a second).</summary>
    UnknownRequest,
}
