using System.IO.MemoryMappedFiles;
using RouterDaemon.Store;
using RouterDaemon.Store.Journal;
using Xunit;

namespace RouterDaemon.Tests.Store;

/// <summary>What <see cref="JournalChild"/> runs in the child; explicit, so it is never part of a normal run.</summary>
public sealed class JournalChildProcess
{
    public const string MethodName = "RouterDaemon.Tests.Store.JournalChildProcess.AppendsUntilKilled";

    [Fact(Explicit = true)]
    public async Task AppendsUntilKilled()
    {
        var folder = Environment.GetEnvironmentVariable(JournalChild.FolderVariable)!;
        var round = int.Parse(Environment.GetEnvironmentVariable(JournalChild.RoundVariable)!);
        await using var store = ContextStore.Open(Path.Combine(folder, "context.db"), TimeProvider.System);
        using var journal = RequestJournal.Open(
            Path.Combine(folder, "journal"), new JournalOptions { CapacityRecords = 4096, FullSpins = int.MaxValue });
        await using var drain = await JournalDrain.StartAsync(store, journal, "v", e => Environment.FailFast(e.ToString()), TestContext.Current.CancellationToken);
        using var map = MemoryMappedFile.CreateFromFile(Path.Combine(folder, $"counts{round}"));
        using var counts = map.CreateViewAccessor(0, JournalChild.Threads * sizeof(long));
        var threads = Enumerable.Range(0, JournalChild.Threads).Select(thread => new Thread(() => Append(journal, counts, round, thread))).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
    }

    private static void Append(RequestJournal journal, MemoryMappedViewAccessor counts, int round, int thread)
    {
        var record = Records.Routed(journal, 0);
        record.UserName = journal.Intern(JournalChild.UserOf(round, thread));
        for (long i = 0; ; i++)
        {
            record.Id = new RequestId((ulong)((round * 16) + thread), (ulong)i);
            record.Attempts = (byte)i;
            record.HttpStatus = (short)((i >> 8) & 0x3FFF);
            if (!journal.TryAppend(record))
            {
                Environment.FailFast("dropped");
            }

            counts.Write(thread * sizeof(long), i + 1);
        }
    }
}
