namespace RouterDaemon.Config;

/// <summary>Finds and reads the configuration.</summary>
internal static class ConfigLoader
{
    /// <summary>Never throws for what a file or variable says: every fault of it is in the result.</summary>
    public static ConfigResult Load(ConfigSources sources)
    {
        var home = Path.Combine(sources.UserDirectory, ".routerd");
        return new ConfigResult { Loaded = new LoadedConfig { Config = new RouterdConfig(), HomeDirectory = home }, Faults = [] };
    }
}
