using RouterDaemon.Config;
using RouterDaemon.Native;
using RouterDaemon.Store;

namespace RouterDaemon.Cli.Doctor;

/// <summary>Libraries, devices, folders, disk.</summary>
internal static class MachineChecks
{
    private const long ScarceBytes = 1L << 30;

    public static Task<IReadOnlyList<Finding>> DevicesAsync(RouterdConfig config, CancellationToken cancellation)
    {
        var status = LlamaLibrary.Probe(null);
        var findings = new List<Finding>();
        if (!status.Available)
        {
            findings.Add(new Finding("llama.cpp", FindingState.Warning, status.Error ?? $"not found in {status.Directory}", "on-device models need it; remote deployments work without"));
            return Answer(findings);
        }

        findings.Add(new Finding("llama.cpp", FindingState.Good, $"{status.LlamaVersion} in {status.Directory}"));
        foreach (var device in status.Devices)
        {
            // For a CPU the library reports the machine's memory as free.
            var memory = device.IsGpu && device.TotalBytes > 0 ? $", {ByteText.Bytes(device.FreeBytes)} of {ByteText.Bytes(device.TotalBytes)} free" : "";
            findings.Add(new Finding($"device {device.Name}", FindingState.Good, device.Description + memory));
        }

        if (!status.Devices.Any(d => d.IsGpu) && (File.Exists("/dev/nvidia0") || Directory.Exists("/proc/driver/nvidia/gpus")))
        {
            findings.Add(new Finding("GPU", FindingState.Warning, "an NVIDIA GPU is in the machine, the installed libraries are for the CPU", "install the CUDA libraries (native/UPGRADING.md) and point ROUTERD_LLAMA_DIR to them"));
        }

        return Answer(findings);
    }

    public static Task<IReadOnlyList<Finding>> StoreLibraryAsync(RouterdConfig config, CancellationToken cancellation)
    {
        try
        {
            return Answer([new Finding("SQLite", FindingState.Good, SqliteBootstrap.Init())]);
        }
        catch (Exception failed) when (failed is DllNotFoundException or TypeInitializationException or StoreException)
        {
            return Answer([new Finding("SQLite", FindingState.Bad, failed.GetBaseException().Message, "install the system's SQLite library (libsqlite3)")]);
        }
    }

    public static Task<IReadOnlyList<Finding>> FoldersAsync(RouterdConfig config, CancellationToken cancellation)
    {
        var folders = new[] { config.DataDirectory, Path.GetDirectoryName(config.EffectiveContextDatabasePath)!, Path.GetDirectoryName(config.EffectiveModelsDatabasePath)! };
        return Answer([.. folders.Distinct(StringComparer.Ordinal).Select(Folder)]);
    }

    // A file is written and removed: permissions alone say nothing about read-only mounts and quotas.
    private static Finding Folder(string folder)
    {
        var check = $"folder {folder}";
        var existing = folder;
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
        {
            existing = parent;
        }

        try
        {
            var probe = Path.Combine(existing, $".routerd-doctor-{Environment.ProcessId}");
            File.WriteAllBytes(probe, [1]);
            File.Delete(probe);
            var free = new DriveInfo(existing).AvailableFreeSpace;
            var created = existing == folder ? "" : "will be created, ";
            return free < ScarceBytes
                ? new Finding(check, FindingState.Warning, $"{created}{ByteText.Bytes(free)} free", "make room: the journal and the databases grow")
                : new Finding(check, FindingState.Good, $"{created}writable, {ByteText.Bytes(free)} free");
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return new Finding(check, FindingState.Bad, $"not writable: {failed.Message}", "give the daemon's user write access, or set ROUTERD_DATA");
        }
    }

    private static Task<IReadOnlyList<Finding>> Answer(IReadOnlyList<Finding> findings) => Task.FromResult(findings);
}
