using System.Diagnostics;
using RouterDaemon.Engine;
using RouterDaemon.Engine.Hosting;
using RouterDaemon.Engine.Scheduling;
using Xunit;

namespace RouterDaemon.Tests.Engine;

[Collection("engine")]
public sealed class AbortTests(EngineFixture engine)
{
    private const int Short = 500, Long = 5_000, Rounds = 4;
    private const long MostGrownBytes = 24 << 20;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>500 requests here, 5,000 with <c>ROUTERD_LONG=1</c>.</summary>
    [Fact]
    public async Task RequestsAbortedAtRandomPointsLeakNoMemoryAndNoSlot()
    {
        int count = Environment.GetEnvironmentVariable("ROUTERD_LONG") == "1" ? Long : Short;
        await AbortAsync(count / 5, 1);
        // Other tests of this process hold memory of their own for a while. A leak grows in every round, they do not.
        long grown = long.MaxValue;
        for (int round = 0; round < Rounds && grown >= MostGrownBytes; round++)
        {
            long before = Resident();
            await AbortAsync(count, round + 2);
            grown = Math.Min(grown, Resident() - before);
        }

        Assert.True(grown < MostGrownBytes, $"{grown >> 20} MiB more after {count} aborted requests, in each of {Rounds} rounds");
        Assert.Equal("7 + 8 = 15.", (await engine.RunAsync(EngineFixture.Ask("What is 7 + 8?"))).Text);
    }

    /// <summary>No token is counted after the one whose step was running when the client left.</summary>
    [Fact]
    public async Task CancellingTakesEffectWithinOneStep()
    {
        using LoadedModel model = LoadedModel.Load(EngineFixture.Tiny(), TimeProvider.System, _ => true, _ => { }, _ => { });
        for (int round = 0; round < 20; round++)
        {
            GenerationRequest request = EngineFixture.Ask("Count to 10.") with { IgnoreEos = true };
            TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
            (Job job, _) = model.CreateJob(request, model.BuildPrompt(request), TimeProvider.System.GetTimestamp(), gone.SetResult);
            model.Start(job);
            for (int i = 0; i < 5 + round; i++)
                await job.Reader.ReadAsync(Ct);
            job.Cancel();
            int generated = job.Generated;
            await gone.Task.WaitAsync(Ct);
            // One step may be running, and one more token may be counted between the two reads of this thread.
            Assert.InRange(job.Generated, generated, generated + 1);
        }
    }

    private async Task AbortAsync(int count, int seed)
    {
        Random random = new(seed);
        int[] points = [.. Enumerable.Range(0, count).Select(_ => random.Next(-1, 30))];
        await Parallel.ForEachAsync(points, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Ct }, async (point, ct) =>
        {
            using CancellationTokenSource cancel = CancellationTokenSource.CreateLinkedTokenSource(ct);
            GenerationRequest request = EngineFixture.Ask($"Count to {point}.") with { MaxTokens = 900, IgnoreEos = true };
            if (point < 0)
                await cancel.CancelAsync();
            try
            {
                using Generation generation = await engine.Host.SubmitAsync("tiny", request, cancel.Token);
                for (int i = 0; i < point; i++)
                    await generation.Events.ReadAsync(cancel.Token);
                if (point % 2 == 0)
                    await cancel.CancelAsync();
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                // Aborted before it was queued.
            }
        });
        while (engine.Host.TryGetStatus("tiny", out EngineModelStatus s) && s is not { Active: 0, QueueDepth: 0, FreeSlots: 4 })
            await Task.Delay(5, Ct);
    }

    private static long Resident()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using Process process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
