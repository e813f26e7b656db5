using RouterDaemon.Config;

namespace RouterDaemon.Cli.Doctor;

/// <summary>THE table of checks. To add one: a method that answers findings, one line here.</summary>
internal static class DoctorChecks
{
    public static IReadOnlyList<Func<RouterdConfig, CancellationToken, Task<IReadOnlyList<Finding>>>> Table { get; } =
    [
        MachineChecks.DevicesAsync,
        MachineChecks.StoreLibraryAsync,
        MachineChecks.FoldersAsync,
        ModelChecks.ModelsAsync,
        NetworkChecks.ListenAsync,
        NetworkChecks.BackendsAsync,
        PriceChecks.PricesAsync,
    ];
}
