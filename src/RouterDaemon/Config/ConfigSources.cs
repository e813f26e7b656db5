using System.Collections;

namespace RouterDaemon.Config;

/// <summary>Everything outside the file that a configuration depends on, so that a test can supply it.</summary>
internal sealed record ConfigSources
{
    /// <summary><c>--config</c>; null = <c>ROUTERD_CONFIG</c>, then the usual places.</summary>
    public string? ConfigPath { get; init; }

    /// <summary>How <see cref="ConfigPath"/> was typed, for messages; null = as it is.</summary>
    public string? ConfigDisplayName { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>The user's own folder; the daemon's home is <c>.routerd</c> in it unless <c>ROUTERD_HOME</c> says otherwise.</summary>
    public required string UserDirectory { get; init; }

    /// <summary>True for root, who with systemd's <c>STATE_DIRECTORY</c> is the system service with its home in <c>/var/lib/routerd</c>.</summary>
    public bool IsRoot { get; init; }

    /// <summary>The model that ships beside the executable; null = none. It is served as <c>tiny/local</c> when no model is configured.</summary>
    public string? BundledModelPath { get; init; }

    /// <summary>
    /// Counts the usable API keys in the registry at a path, null = cannot tell. Decides whether an address that other machines reach is
    /// an error. Default null: only a warning.
    /// </summary>
    public Func<string, int?>? CountKeys { get; init; }

    public IConfigFiles Files { get; init; } = DiskConfigFiles.Instance;

    /// <summary>The sources of this process.</summary>
    public static ConfigSources OfThisProcess(string? configPath)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
        {
            environment[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        var bundled = Path.Combine(AppContext.BaseDirectory, "models", "routerd-tiny-1m.gguf");
        return new ConfigSources
        {
            // A path on the command line is the user's own words: relative to where they stand.
            ConfigPath = configPath is null ? null : Path.GetFullPath(configPath),
            ConfigDisplayName = configPath,
            Environment = environment,
            UserDirectory = System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile),
            IsRoot = !OperatingSystem.IsWindows() && System.Environment.IsPrivilegedProcess,
            CountKeys = Store.ModelStore.CountKeys,
            BundledModelPath = File.Exists(bundled) ? bundled : null,
        };
    }
}
