using System.CommandLine;

namespace RouterDaemon.Cli;

/// <summary>THE table of verbs. To add one: its file, one line here.</summary>
internal static class Verbs
{
    public static IReadOnlyList<Func<CliHost, Command>> Table { get; } =
    [
        ServeVerb.Create,
        ConfigVerb.Create,
        ModelsVerb.Create,
        KeysVerb.Create,
        ExplainVerb.Create,
        SimulateVerb.Create,
        BenchVerb.Create,
        ReplayVerb.Create,
        ContextVerb.Create,
        McpVerb.Create,
        DoctorVerb.Create,
        EngineVerb.Create,
        SelfTestVerb.Create,
        VersionVerb.Create,
    ];
}
