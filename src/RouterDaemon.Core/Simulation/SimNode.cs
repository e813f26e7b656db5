using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;

namespace RouterDaemon.Core.Simulation;

/// <summary>One deployment of a simulated fleet: one engine, several behind one address, or a hosted API.</summary>
internal sealed class SimNode
{
    public SimNode(SimReplica spec, string name, SimTrace trace)
    {
        Spec = spec;
        Engines = new SimEngine[spec.Hosted ? 0 : Math.Max(1, spec.Engines)];
        for (var i = 0; i < Engines.Length; i++)
            Engines[i] = new SimEngine(spec, trace);
        var cachedPrice = spec.PriceCachedInput < 0 ? spec.PriceInput : spec.PriceCachedInput;
        Entry = new DeploymentEntry
        {
            Id = name,
            ModelId = "model",
            BackendId = name,
            UpstreamModel = "model",
            Trust = spec.Trust,
            Slots = spec.Slots,
            Quality = spec.Quality,
            PriceInputUsdPerMillion = spec.PriceInput,
            PriceCachedInputUsdPerMillion = cachedPrice,
            PriceOutputUsdPerMillion = spec.PriceOutput,
            OnDevice = spec.Trust == TrustLevel.Device,
            State = new DeploymentState(
                spec.Trust == TrustLevel.Device ? EstimatorPriors.OnDevice : spec.PriceInput + spec.PriceOutput > 0 ? EstimatorPriors.Hosted : EstimatorPriors.Remote),
        };
    }

    public SimReplica Spec { get; }

    public SimEngine[] Engines { get; }

    public DeploymentEntry Entry { get; }

    /// <summary>Requests sent and not ended, as the node itself counts them.</summary>
    public int Load { get; set; }

    /// <summary>Where a cluster's own balancer would send the next request: fewest outstanding prompt tokens, then fewest running.</summary>
    public SimEngine Pick()
    {
        var best = Engines[0];
        foreach (var engine in Engines)
        {
            if (engine.OutstandingTokens < best.OutstandingTokens
                || (engine.OutstandingTokens == best.OutstandingTokens && engine.RunningCount < best.RunningCount))
                best = engine;
        }

        return best;
    }

    /// <summary>What its metrics page would say now.</summary>
    public void Poll(long nowNs)
    {
        if (Engines.Length == 0)
            return;
        double waiting = 0, running = 0, kv = 0;
        foreach (var engine in Engines)
        {
            waiting += engine.WaitingCount;
            running += engine.RunningCount;
            kv += engine.KvUsage;
        }

        Entry.State.SetGauges(waiting / Engines.Length, running / Engines.Length, kv / Engines.Length, nowNs);
    }
}
