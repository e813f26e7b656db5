namespace RouterDaemon.Config;

internal sealed record RoutingConfig
{
    /// <summary>A name of the table of policies. Default <c>priced</c>.</summary>
    public string Policy { get; init; } = "priced";

    public RoutingPresetName Preset { get; init; } = RoutingPresetName.Balanced;

    public HedgeConfig Hedge { get; init; } = new();
}
