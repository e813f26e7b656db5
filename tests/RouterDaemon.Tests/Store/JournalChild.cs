using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using Xunit;

namespace RouterDaemon.Tests.Store;

/// <summary>
/// A process that appends as fast as it can until it is killed: this test program, told to run <see cref="JournalChildProcess"/>
/// only. After each append it counts in a mapped file, so that the parent knows exactly what was acknowledged.
/// </summary>
internal sealed class JournalChild : IDisposable
{
    public const int Threads = 3;

    public const string FolderVariable = "ROUTERD_TEST_JOURNAL_FOLDER";
    public const string RoundVariable = "ROUTERD_TEST_JOURNAL_ROUND";

    private readonly Process _process;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _counts;

    private JournalChild(Process process, string counts)
    {
        _process = process;
        _map = MemoryMappedFile.CreateFromFile(counts);
        _counts = _map.CreateViewAccessor(0, Threads * sizeof(long));
    }

    public static string UserOf(int round, int thread) => $"round{round}-thread{thread}";

    public static JournalChild Start(string folder, int round)
    {
        var counts = Path.Combine(folder, $"counts{round}");
        File.WriteAllBytes(counts, new byte[Threads * sizeof(long)]);
        var start = new ProcessStartInfo(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(JournalChild).Assembly.Location);
        }

        foreach (var argument in new[] { "-explicit", "only", "-method", JournalChildProcess.MethodName })
        {
            start.ArgumentList.Add(argument);
        }

        start.RedirectStandardOutput = true;
        start.Environment[FolderVariable] = folder;
        start.Environment[RoundVariable] = round.ToString();
        return new JournalChild(Process.Start(start)!, counts);
    }

    public long Acknowledged(int thread) => _counts.ReadInt64(thread * sizeof(long));

    public async Task WaitForAppendsAsync(long least, CancellationToken cancellation)
    {
        while (Enumerable.Range(0, Threads).Sum(Acknowledged) < least)
        {
            Assert.False(_process.HasExited, "the child ended before it was killed");
            await Task.Delay(1, cancellation);
        }
    }

    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _counts.Dispose();
        _map.Dispose();
        _process.Dispose();
    }
}
