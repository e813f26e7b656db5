namespace RouterDaemon.Store.Context;

/// <summary>The percentile of the contract: sorted, index floor((n-1)*p), no interpolation.</summary>
public static class Percentile
{
    /// <summary>Null when there are no values.</summary>
    public static long? Of(List<long> sorted, double p) => sorted.Count == 0 ? null : sorted[(int)((sorted.Count - 1) * p)];
}
