using System.Globalization;

namespace RouterDaemon.Engine.Hosting;

/// <summary>How much memory a model may take now.</summary>
internal static class MachineMemory
{
    /// <summary>Bytes free for this process: MemAvailable of the machine, or what the control group leaves, whichever is less.</summary>
    public static long AvailableBytes()
    {
        long limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (!OperatingSystem.IsLinux())
            return limit;
        long machine = ReadMemAvailable() ?? limit;
        return Math.Min(machine, CgroupLeft() ?? long.MaxValue);
    }

    internal static long? ParseMemAvailable(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            string[] parts = line.Split((char[])[' ', ':'], StringSplitOptions.RemoveEmptyEntries);
            if (parts is ["MemAvailable", var kib, ..] && long.TryParse(kib, CultureInfo.InvariantCulture, out long value))
                return value * 1024;
        }
        return null;
    }

    private static long? ReadMemAvailable()
    {
        try
        {
            return ParseMemAvailable(File.ReadLines("/proc/meminfo"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long? CgroupLeft()
    {
        try
        {
            const string Root = "/sys/fs/cgroup/";
            return long.TryParse(File.ReadAllText(Root + "memory.max"), CultureInfo.InvariantCulture, out long max)
                && long.TryParse(File.ReadAllText(Root + "memory.current"), CultureInfo.InvariantCulture, out long current)
                ? Math.Max(0, max - current)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
