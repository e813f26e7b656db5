using System.Reflection;

namespace RouterDaemon;

/// <summary>What this binary is.</summary>
internal static class BuildInfo
{
    private static readonly string Informational =
        typeof(BuildInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";

    /// <summary>Version without the commit.</summary>
    public static string Version { get; } = Informational.Split('+')[0];

    /// <summary>Commit it was built from; empty when unknown.</summary>
    public static string Commit { get; } = Informational.Contains('+', StringComparison.Ordinal) ? Informational.Split('+')[1] : "";
}
