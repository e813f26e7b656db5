using System.Runtime.InteropServices;

namespace RouterDaemon.Native;

/// <summary>What a process does when the library aborts it.</summary>
public static partial class AbortSignal
{
    /// <summary>SIGABRT on Linux and macOS (signal.h).</summary>
    private const int SigAbrt = 6;

    private const nint Default = 0;

    /// <summary>Ends the process at once: the runtime's own handler would first try to write a dump, or take the signal for nothing.</summary>
    public static void EndAtOnce() => _ = Signal(SigAbrt, Default);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Signal(int number, nint handler);
}
