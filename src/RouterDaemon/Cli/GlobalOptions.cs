using System.CommandLine;

namespace RouterDaemon.Cli;

/// <summary>Options that several verbs share.</summary>
internal static class GlobalOptions
{
    /// <summary>Names the configuration file, for every verb.</summary>
    public static Option<string?> Config { get; } = new("--config")
    {
        Description = "Configuration file; default ROUTERD_CONFIG, then routerd.yaml in the home, then /etc/routerd/routerd.yaml.",
        HelpName = "FILE",
        Recursive = true,
    };

    /// <summary>A fresh <c>--json</c> option.</summary>
    public static Option<bool> Json() => new("--json") { Description = "Write the result as JSON." };
}
