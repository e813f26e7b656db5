using System.Diagnostics;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Cache;

/// <summary>Identical requests at the same time are answered by one of them, and none hangs with another.</summary>
public sealed class CoalescingTests : IAsyncLifetime
{
    private Fleet _fleet = null!;
    private int _posts;

    public async ValueTask InitializeAsync() =>
        _fleet = await Fleet.StartAsync([""], "cache: { enabled: true, max_bytes: 64KiB }\nretries: { max_attempts: 1 }\n");

    public async ValueTask DisposeAsync() => await _fleet.DisposeAsync();

    [Fact]
    public async Task AHundredAnswersForOne()
    {
        _fleet[0].Default = MockBehaviour.Ok("one for all") with { LatencyMs = 1000 };
        ChatReply[] replies = await ManyAsync(100);
        Assert.All(replies, r => Assert.Equal((200, "one for all"), (r.Status, r.Content)));
        Assert.Single(_fleet[0].Posts);
        Assert.Equal(99, replies.Count(r => r.Header("x-routerd-decision") == "cached"));
        // Late ones found it kept.
        Assert.Equal(99, await _fleet.Client.MetricAsync("routerd_cache_coalesced_total") + await _fleet.Client.MetricAsync("routerd_cache_hits_total"));
        Assert.InRange(await _fleet.Client.MetricAsync("routerd_cache_coalesced_total"), 50, 99);
    }

    [Fact]
    public async Task StreamsWaitForOneToo()
    {
        _fleet[0].Default = MockBehaviour.Ok("a stream for all") with { FirstTokenMs = 500, TokensPerSecond = 20 };
        StreamReply[] replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _fleet.Client.StreamAsync(Chat.Body("m", "same", ("temperature", 0)))));
        Assert.All(replies, r => Assert.Equal((true, "a stream for all"), (r.Done, r.Content)));
        Assert.Single(_fleet[0].Posts);
    }

    [Fact]
    public async Task AFailedLeaderIsFollowedByOneAndInheritedByNone()
    {
        _fleet[0].Script = _ => Interlocked.Increment(ref _posts) == 1
            ? MockBehaviour.Error(400, "refused") with { LatencyMs = 700 }
            : MockBehaviour.Ok("second") with { LatencyMs = 700 };
        ChatReply[] replies = await ManyAsync(20);
        Assert.Equal(1, replies.Count(r => r.Status == 400));
        Assert.Equal(19, replies.Count(r => r.Status == 200 && r.Content == "second"));
        Assert.Equal(2, _fleet[0].Posts.Count);
    }

    [Fact]
    public async Task ALeaderThatLeavesIsFollowedByOne()
    {
        _fleet[0].Default = MockBehaviour.Ok("still there") with { LatencyMs = 1000 };
        using var cancel = new CancellationTokenSource();
        Task<StreamReply> leader = _fleet.Client.StreamAsync(Chat.Body("m", "same", ("temperature", 0)), cancel.Token);
        await Eventually.TrueAsync(() => _fleet[0].Posts.Count == 1, TimeSpan.FromSeconds(5), () => "the leader did not arrive");
        Task<StreamReply[]> followers = Task.WhenAll(Enumerable.Range(0, 10).Select(_ => _fleet.Client.StreamAsync(Chat.Body("m", "same", ("temperature", 0)))));
        await Task.Delay(300);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
        Assert.All(await followers, r => Assert.Equal((200, "still there"), (r.Status, r.Content)));
        Assert.Equal(2, _fleet[0].Posts.Count);
    }

    [Fact]
    public async Task AnAnswerTooLargeToShareLetsAllGoOn()
    {
        _fleet[0].Default = new MockBehaviour { AnswerTokens = 4000, LatencyMs = 500 };
        ChatReply[] replies = await ManyAsync(6);
        Assert.All(replies, r => Assert.Equal(200, r.Status));
        Assert.Equal(6, _fleet[0].Posts.Count);
        Assert.Equal(0, await _fleet.Client.MetricAsync("routerd_cache_entries"));
    }

    [Fact]
    public async Task AnUpstreamThatAlwaysFailsDoesNotLineThemUp()
    {
        _fleet[0].Default = MockBehaviour.Error(400, "refused") with { LatencyMs = 300 };
        long start = Stopwatch.GetTimestamp();
        ChatReply[] replies = await ManyAsync(20);
        Assert.All(replies, r => Assert.Equal(400, r.Status));
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 4);
    }

    [Fact]
    public async Task AFollowerKeepsItsOwnDeadlineAndMayLeave()
    {
        _fleet[0].Default = MockBehaviour.Ok("late") with { LatencyMs = 3000 };
        Task<ChatReply> leader = _fleet.Client.AskAsync(Chat.Body("m", "same", ("temperature", 0)));
        await Eventually.TrueAsync(() => _fleet[0].Posts.Count == 1, TimeSpan.FromSeconds(5), () => "the leader did not arrive");
        long start = Stopwatch.GetTimestamp();
        using var cancel = new CancellationTokenSource(200);
        Task<StreamReply> leaving = _fleet.Client.StreamAsync(Chat.Body("m", "same", ("temperature", 0)), cancel.Token);
        ChatReply hurried = await _fleet.Client.AskAsync(Chat.Body("m", "same", ("temperature", 0)), ("x-routerd-deadline-ms", "400"));
        Assert.Equal(504, hurried.Status);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0.3, 2);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        Assert.Equal("late", (await leader).Content);
    }

    private Task<ChatReply[]> ManyAsync(int count) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(_ => _fleet.Client.AskAsync(Chat.Body("m", "same", ("temperature", 0)))));
}
