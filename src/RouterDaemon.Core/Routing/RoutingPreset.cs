namespace RouterDaemon.Core.Routing;

/// <summary>Named weights. Units are USD; see <see cref="RoutingWeights"/>.</summary>
public sealed class RoutingPreset
{
    private RoutingPreset(string name, string whenToChoose, RoutingWeights weights) =>
        (Name, WhenToChoose, Weights) = (name, whenToChoose, weights);

    /// <summary>Someone watches the answer appear: time is worth five times as much and the objectives are tight.</summary>
    public static RoutingPreset Interactive { get; } = new("interactive", "someone watches the answer appear", new RoutingWeights
    {
        TimeUsdPerSecond = 0.005f,
        SloMissUsd = 0.01f,
        FailureUsd = 0.02f,
        QualityUsd = 0.02f,
        Money = 1,
        Externality = 0.25f,
        SloTtftMs = 1500,
        SloTpotMs = 50,
    });

    /// <summary>The default.</summary>
    public static RoutingPreset Balanced { get; } = new("balanced", "the default", new RoutingWeights
    {
        TimeUsdPerSecond = 0.001f,
        SloMissUsd = 0.005f,
        FailureUsd = 0.01f,
        QualityUsd = 0.02f,
        Money = 1,
        Externality = 0.25f,
        SloTtftMs = 3000,
        SloTpotMs = 60,
    });

    /// <summary>Nobody waits: money and quality decide, and others are hardly disturbed.</summary>
    public static RoutingPreset Batch { get; } = new("batch", "nobody waits; money decides", new RoutingWeights
    {
        TimeUsdPerSecond = 0.00002f,
        SloMissUsd = 0,
        FailureUsd = 0.002f,
        QualityUsd = 0.02f,
        Money = 1,
        Externality = 2,
        SloTtftMs = 60_000,
        SloTpotMs = 1000,
    });

    /// <summary>All presets.</summary>
    public static IReadOnlyList<RoutingPreset> All { get; } = [Interactive, Balanced, Batch];

    /// <summary>The name in <c>routerd.yaml</c> and headers.</summary>
    public string Name { get; }

    /// <summary>One line for help texts.</summary>
    public string WhenToChoose { get; }

    /// <summary>The weights.</summary>
    public RoutingWeights Weights { get; }

    /// <summary>Finds a preset by name, exact lower case; null when there is none.</summary>
    public static RoutingPreset? Find(string name)
    {
        foreach (var preset in All)
        {
            if (string.Equals(preset.Name, name, StringComparison.Ordinal))
                return preset;
        }

        return null;
    }
}
