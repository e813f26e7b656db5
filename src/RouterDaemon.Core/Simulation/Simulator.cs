namespace RouterDaemon.Core.Simulation;

/// <summary>Runs policies over a trace on a simulated fleet. The same options give the same result, to the last bit.</summary>
public static class Simulator
{
    /// <summary>Name of the ceiling.</summary>
    public const string Clairvoyant = "clairvoyant";

    /// <summary>
    /// Runs every policy on every seed, on all cores. <see cref="ArgumentException"/>: an unknown policy, or numbers out of range.
    /// </summary>
    public static SimulationResult Run(SimulationOptions options, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        Check(options);
        var jobs = options.Policies.Count * options.Seeds;
        var runs = new PolicyRun[jobs];
        var done = 0;
        Parallel.For(0, jobs, new ParallelOptions { CancellationToken = cancellation }, job =>
        {
            runs[job] = new SimRun(options, options.Policies[job / options.Seeds], options.FirstSeed + (job % options.Seeds)).Execute(cancellation);
            progress?.Report(Interlocked.Increment(ref done) / (double)jobs);
        });
        var summaries = new PolicySummary[options.Policies.Count];
        for (var i = 0; i < summaries.Length; i++)
            summaries[i] = PolicySummary.Of(options.Policies[i], runs[(i * options.Seeds)..((i + 1) * options.Seeds)]);
        return new SimulationResult(options, summaries);
    }

    private static void Check(SimulationOptions options)
    {
        foreach (var policy in options.Policies)
        {
            if (policy != Clairvoyant && Routing.RoutingPolicies.IndexOf(policy) < 0)
                throw new ArgumentException($"policy \"{policy}\" does not exist", nameof(options));
        }

        if (options.Seeds is < 1 or > 1000)
            throw new ArgumentException("seeds must be 1 to 1000", nameof(options));
        if (!(options.Load > 0 && options.Load <= 1e6))
            throw new ArgumentException("load must be above 0 and at most 1000000", nameof(options));
        if (!(options.WarmUp >= 0 && options.WarmUp < 1))
            throw new ArgumentException("warm-up must be 0 to below 1", nameof(options));
        if (options.Trace.Count == 0)
            throw new ArgumentException("the trace is empty", nameof(options));
        if (options.Fleet.Replicas.Count == 0)
            throw new ArgumentException("the fleet is empty", nameof(options));
    }
}
