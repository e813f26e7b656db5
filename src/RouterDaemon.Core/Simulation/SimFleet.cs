using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Core.Simulation;

/// <summary>A fleet to simulate.</summary>
/// <param name="Name">Its name in results.</param>
/// <param name="Replicas">Its deployments; the order is the order of chains.</param>
public sealed record SimFleet(string Name, IReadOnlyList<SimReplica> Replicas)
{
    /// <summary>Share of requests that must not leave the owner's machines, 0..1.</summary>
    public double PrivateShare { get; init; }

    /// <summary>Eight equal engines.</summary>
    public static SimFleet Homogeneous8 { get; } = new("homogeneous-8", [new SimReplica { Count = 8 }]);

    /// <summary>Every second engine prefills 2.5 times slower and has half the KV cache.</summary>
    public static SimFleet Mixed8 { get; } = new("mixed-8", MakeMixed());

    /// <summary>
    /// A local engine with 4 slots, a cluster of 4 engines behind one address, a dear API and a cheap one with slow times; 15 % of requests are private.
    /// Prices and objectives are assumptions: a harness, not evidence about real prices.
    /// </summary>
    public static SimFleet LocalClusterApi { get; } = new(
        "local-cluster-api",
        [
            new SimReplica
            {
                Name = "local", T0Ms = 12, PrefillUsPerToken = 700, AttentionNs = 8, DecodeMsPerSeq = 2, KvNs = 100, KvTokens = 32_768, MaxSeqs = 4,
                PrefillBudget = 2048, Slots = 4, Quality = 0.6, Trust = TrustLevel.Device,
            },
            new SimReplica { Name = "cluster", Engines = 4, Quality = 0.75, NetworkMs = 5 },
            new SimReplica
            {
                Name = "api-a", Hosted = true, T0Ms = 450, PrefillUsPerToken = 20, DecodeMsPerSeq = 12, PriceInput = 2.5, PriceOutput = 10, Quality = 0.92,
                Trust = TrustLevel.Public, NetworkMs = 40,
            },
            new SimReplica
            {
                Name = "api-b", Hosted = true, T0Ms = 700, PrefillUsPerToken = 30, DecodeMsPerSeq = 15, PriceInput = 0.3, PriceOutput = 1.2, Quality = 0.68,
                Trust = TrustLevel.Public, NetworkMs = 40, Stall = new SimStall(300, 60, 8),
            },
        ])
    { PrivateShare = 0.15 };

    /// <summary>
    /// The built-in fleets; of the equal and the local + cluster + API fleet there is one for each fault as well, which hits one engine of eight, or the cluster.
    /// </summary>
    public static IReadOnlyList<SimFleet> BuiltIn { get; } = [Homogeneous8, Mixed8, LocalClusterApi, .. Faulty(Homogeneous8, 0, 4), .. Faulty(LocalClusterApi, 1, 8)];

    /// <summary>Stands still for 40 s in every 300; answers 429 at once above some requests in flight; is dead from 300 to 600 s and fails at once.</summary>
    private static IEnumerable<SimFleet> Faulty(SimFleet fleet, int victim, int rejectAbove)
    {
        SimFleet With(string fault, Func<SimReplica, SimReplica> change)
        {
            var replicas = new List<SimReplica>();
            foreach (var replica in fleet.Replicas)
            {
                for (var i = 0; i < replica.Count; i++)
                    replicas.Add(replica with { Count = 1 });
            }

            replicas[victim] = change(replicas[victim]);
            return fleet with { Name = $"{fleet.Name}-{fault}", Replicas = replicas };
        }

        yield return With("stalls", r => r with { Stall = new SimStall(300, 40, 0) });
        yield return With("refusals", r => r with { RejectAbove = rejectAbove });
        yield return With("dead", r => r with { DeadFromSeconds = 300, DeadUntilSeconds = 600 });
    }

    private static SimReplica[] MakeMixed()
    {
        var replicas = new SimReplica[8];
        for (var i = 0; i < replicas.Length; i++)
        {
            replicas[i] = i % 2 == 0 ? new SimReplica()
                : new SimReplica { PrefillUsPerToken = 62.8 * 2.5, AttentionNs = 2 * 2.5, KvTokens = 305_000 / 2 };
        }

        return replicas;
    }
}
