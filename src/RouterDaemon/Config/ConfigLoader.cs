using System.Diagnostics.CodeAnalysis;
using RouterDaemon.Config.Schema;
using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config;

/// <summary>Finds and reads the configuration.</summary>
internal static class ConfigLoader
{
    /// <summary>Read when the home has no file.</summary>
    public const string SystemFile = "/etc/routerd/routerd.yaml";

    private const string EnvironmentSource = "environment";

    /// <summary>Never throws for what a file or variable says: every fault of it is in the result.</summary>
    public static ConfigResult Load(ConfigSources sources)
    {
        var faults = new List<ConfigFault>();
        if (!TryHome(sources, faults, out var home) || !TryFile(sources, home, faults, out var file))
        {
            return Result(null, faults);
        }

        var directory = file is null ? home : Path.GetDirectoryName(file)!;
        var context = new BindContext(file is null ? "defaults" : DisplayName(sources, file), sources.Environment, directory, sources.UserDirectory);
        var fromEnvironment = new BindContext(EnvironmentSource, sources.Environment, home, sources.UserDirectory);
        var config = file is null ? new RouterdConfig() : ReadFile(sources, file, context);
        if (config is not null)
        {
            config = EnvironmentConfig.Apply(config, fromEnvironment, context.IsWritten("backends"));
            config = ConfigResolver.Resolve(config, sources, home, context);
            ConfigChecks.Check(config, sources, context, fromEnvironment);
        }

        faults.AddRange(context.Faults.OrderBy(f => f.Line).ThenBy(f => f.Column));
        faults.AddRange(fromEnvironment.Faults);
        if (config is null || faults.Exists(f => f.Severity == FaultSeverity.Error))
        {
            return Result(null, faults);
        }

        return Result(new LoadedConfig { Config = config, HomeDirectory = home, FilePath = file, Warnings = [.. faults] }, faults);
    }

    /// <summary>The daemon's home, for verbs that need no configuration. False after a fault.</summary>
    public static bool TryHome(ConfigSources sources, List<ConfigFault> faults, [NotNullWhen(true)] out string? home)
    {
        var environment = sources.Environment;
        if (environment.GetValueOrDefault("ROUTERD_HOME") is { Length: > 0 } named)
        {
            return TryAbsolute(sources, "ROUTERD_HOME", named, faults, out home);
        }

        // Several folders may stand there, separated by colons (systemd.exec).
        if (sources.IsRoot && environment.GetValueOrDefault("STATE_DIRECTORY")?.Split(':')[0] is { Length: > 0 } state && Path.IsPathFullyQualified(state))
        {
            home = Path.GetFullPath(state);
            return true;
        }

        home = sources.UserDirectory.Length > 0 ? Path.Combine(sources.UserDirectory, ".routerd") : null;
        if (home is null)
        {
            faults.Add(new ConfigFault(FaultSeverity.Error, EnvironmentSource, 0, 0, "ROUTERD_HOME", "not set, and this user has no folder of their own"));
        }

        return home is not null;
    }

    private static bool TryFile(ConfigSources sources, string home, List<ConfigFault> faults, out string? file)
    {
        file = sources.ConfigPath;
        if (file is null && sources.Environment.GetValueOrDefault("ROUTERD_CONFIG") is { Length: > 0 } named
            && !TryAbsolute(sources, "ROUTERD_CONFIG", named, faults, out file))
        {
            return false;
        }

        if (file is not null)
        {
            if (!sources.Files.Exists(file))
            {
                faults.Add(new ConfigFault(FaultSeverity.Error, DisplayName(sources, file), 0, 0, "", "there is no such file"));
                return false;
            }

            return true;
        }

        file = new[] { Path.Combine(home, "routerd.yaml"), SystemFile }.FirstOrDefault(sources.Files.Exists);
        return true;
    }

    // The working directory never steers the daemon, so a variable must say the whole path.
    private static bool TryAbsolute(ConfigSources sources, string variable, string path, List<ConfigFault> faults, [NotNullWhen(true)] out string? full)
    {
        full = path.StartsWith("~/", StringComparison.Ordinal) && sources.UserDirectory.Length > 0 ? Path.Combine(sources.UserDirectory, path[2..]) : path;
        if (!Path.IsPathFullyQualified(full))
        {
            faults.Add(new ConfigFault(FaultSeverity.Error, EnvironmentSource, 0, 0, variable, $"{Quoted.Text(path)} is not an absolute path"));
            full = null;
            return false;
        }

        full = Path.GetFullPath(full);
        return true;
    }

    private static RouterdConfig? ReadFile(ConfigSources sources, string file, BindContext context)
    {
        byte[] bytes;
        try
        {
            bytes = sources.Files.Read(file, YamlReader.MaxFileBytes);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            context.Report(FaultSeverity.Error, "", $"cannot be read: {failed.Message}");
            return null;
        }

        var root = YamlReader.Read(context.Source, bytes, context.Faults);
        if (root is null)
        {
            return context.HasErrors ? null : new RouterdConfig();
        }

        context.Remember("", root);
        RouterdSchema.Root.TryBind(context, root, "", out var config);
        return config;
    }

    private static string DisplayName(ConfigSources sources, string file) =>
        file == sources.ConfigPath && sources.ConfigDisplayName is { } typed ? typed : file;

    private static ConfigResult Result(LoadedConfig? loaded, List<ConfigFault> faults) => new() { Loaded = loaded, Faults = faults };
}
