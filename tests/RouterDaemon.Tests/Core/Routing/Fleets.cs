using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.State;

namespace RouterDaemon.Tests.Core.Routing;

/// <summary>Fleets and requests for tests of routing.</summary>
internal static class Fleets
{
    public const long SecondNs = 1_000_000_000;

    public static FleetSnapshot Equal(int count, Func<int, DeploymentEntry>? make = null)
    {
        var entries = new DeploymentEntry[count];
        for (var i = 0; i < count; i++)
            entries[i] = make?.Invoke(i) ?? Entry(i);
        return new FleetSnapshot(entries, generation: 1);
    }

    public static DeploymentEntry Entry(
        int i, double price = 0, double quality = 0.5, TrustLevel trust = TrustLevel.Private, int cap = 0, int context = 0,
        Capability capabilities = Capability.Chat, bool lastResort = false, ulong tags = 0, double ttftMs = 300) => new()
        {
            Id = $"m/b{i}",
            ModelId = "m",
            BackendId = $"b{i}",
            UpstreamModel = "m",
            Trust = trust,
            MaxInFlight = cap,
            ContextTokens = context,
            Capabilities = capabilities,
            LastResort = lastResort,
            Quality = quality,
            PriceInputUsdPerMillion = price,
            PriceCachedInputUsdPerMillion = price,
            PriceOutputUsdPerMillion = price * 4,
            Tags = tags,
            State = new DeploymentState(EstimatorPriors.Remote with { BaseTtftMs = ttftMs }),
        };

    public static RouteRequest Request(int promptTokens = 1000) => new()
    {
        PromptTokens = promptTokens,
        Required = Capability.Chat,
        Weights = RoutingPreset.Balanced.Weights,
        Seed = 7,
    };

    public static void Finish(Router router, ref RouteLease lease, long nowNs, OutcomeKind kind = OutcomeKind.Success) =>
        router.OnFinished(ref lease, new RouteOutcome { Kind = kind, CachedTokens = -1 }, nowNs);
}
