namespace RouterDaemon.Backends.Gauges;

/// <summary>What a server says of its own load. NaN = it does not say.</summary>
internal readonly record struct LoadGauges()
{
    /// <summary>Requests that wait, for each engine behind the address.</summary>
    public double Waiting { get; init; } = double.NaN;

    /// <summary>Requests that run, for each engine behind the address.</summary>
    public double Running { get; init; } = double.NaN;

    /// <summary>Share of the KV cache in use, 0..1.</summary>
    public double KvUsage { get; init; } = double.NaN;

    /// <summary>Engines that can take requests.</summary>
    public double ReadyEndpoints { get; init; } = double.NaN;

    /// <summary>True when there is nothing to learn from it.</summary>
    public bool IsEmpty => double.IsNaN(Waiting) && double.IsNaN(Running) && double.IsNaN(KvUsage) && double.IsNaN(ReadyEndpoints);
}
