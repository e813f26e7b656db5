using System.Collections.Concurrent;
using RouterDaemon.Store;
using Xunit;

namespace RouterDaemon.Tests.Store;

/// <summary>Threads of questions: they rest after an answer while there are requests, and only then.</summary>
public sealed class QuestionThreadsTests
{
    private readonly BlockingCollection<TimeSpan> _rests = [];
    private readonly QuestionThreads _threads;
    private long _requests;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public QuestionThreadsTests()
    {
        _threads = new QuestionThreads(_rests.Add);
        _threads.GiveWayTo(() => Volatile.Read(ref _requests));
    }

    [Fact]
    public async Task WithoutRequestsNothingRests()
    {
        for (var i = 0; i < 20; i++)
            await AskAsync(1);
        Interlocked.Increment(ref _requests);
        await AskAsync(1);
        Assert.True(_rests.TryTake(out _, 5000, Ct));
        for (var i = 0; i < 20; i++)
            await AskAsync(1);
        Assert.Empty(_rests);
    }

    [Theory]
    [InlineData(2, 18, 200)]
    [InlineData(60, 200, 200)]
    public async Task ARestIsNineTimesTheQuestionWithinItsLimit(int questionMs, int leastMs, int mostMs)
    {
        Interlocked.Increment(ref _requests);
        await AskAsync(questionMs);
        Assert.True(_rests.TryTake(out var rest, 5000, Ct));
        Assert.InRange(rest.TotalMilliseconds, leastMs - 1, mostMs);
    }

    [Fact]
    public async Task TheAnswerDoesNotWaitForTheRest()
    {
        using var woken = new ManualResetEventSlim();
        using var resting = new ManualResetEventSlim();
        var threads = new QuestionThreads(_ =>
        {
            resting.Set();
            woken.Wait();
        });
        threads.GiveWayTo(() => Interlocked.Increment(ref _requests));
        Assert.Equal(42, await threads.RunAsync(() => 42, Ct));
        Assert.True(resting.Wait(5000, Ct));
        woken.Set();
    }

    private Task<int> AskAsync(int ms) => _threads.RunAsync(
        () =>
        {
            Thread.Sleep(ms);
            return 0;
        },
        Ct);
}
