using System.Globalization;

namespace RouterDaemon.Bench.Load;

/// <summary>CPU time and memory of processes with their children, by the kernel's own accounting. Linux; elsewhere zero.</summary>
internal static class ProcessUsage
{
    // USER_HZ is 100 on every Linux that .NET runs on.
    private const double SecondsPerTick = 0.01;

    public static double CpuSeconds(IReadOnlyList<int> pids) => WithChildren(pids).Sum(CpuOf);

    public static double RssMib(IReadOnlyList<int> pids) => WithChildren(pids).Sum(RssOf);

    private static HashSet<int> WithChildren(IReadOnlyList<int> pids)
    {
        var all = new HashSet<int>(pids);
        if (!OperatingSystem.IsLinux() || pids.Count == 0)
            return all;
        var parents = Directory.EnumerateDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), out int pid) ? pid : 0).Where(p => p > 0)
            .Select(p => (Pid: p, Fields: Stat(p))).Where(p => p.Fields.Length > 1).ToList();
        bool grew = true;
        while (grew)
        {
            grew = false;
            foreach ((int pid, string[] fields) in parents)
                grew |= all.Contains(int.Parse(fields[1], CultureInfo.InvariantCulture)) && all.Add(pid);
        }

        return all;
    }

    // schedstat counts nanoseconds; stat only ticks. Threads that ended are in stat alone, so the larger of both is nearer.
    private static double CpuOf(int pid)
    {
        string[] fields = Stat(pid);
        double ticks = fields.Length > 12 ? (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) * SecondsPerTick : 0;
        double ns = 0;
        try
        {
            foreach (string task in Directory.EnumerateDirectories($"/proc/{pid}/task"))
                ns += double.Parse(File.ReadAllText($"{task}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // A thread ended between listing and reading, or the kernel keeps no schedstat.
        }

        return Math.Max(ticks, ns / 1e9);
    }

    private static double RssOf(int pid)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{pid}/status").FirstOrDefault(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
            return line is null ? 0 : double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    // Fields behind the command's name: [0] is the state, [1] the parent, [11] and [12] user and system time.
    private static string[] Stat(int pid)
    {
        try
        {
            string text = File.ReadAllText($"/proc/{pid}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }
}
