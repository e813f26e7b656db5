namespace RouterDaemon.Config;

/// <summary>What time is worth against money.</summary>
internal enum RoutingPresetName : byte
{
    Interactive,
    Balanced,
    Batch,
}
