using System.Diagnostics;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Upstreams;

/// <summary>A client that goes away takes its work with it.</summary>
public sealed class CancelTests : IClassFixture<PoolDaemon>
{
    /// <summary>The promise is 50 ms; a shared machine gets more before it counts as a failure.</summary>
    private const double LimitMs = 500;

    private readonly PoolDaemon _pool;

    public CancelTests(PoolDaemon pool)
    {
        _pool = pool;
        pool.Reset();
    }

    [Theory]
    [InlineData(true, 3)]
    [InlineData(true, MockBehaviour.BeforeContent)]
    [InlineData(true, MockBehaviour.BeforeHead)]
    [InlineData(false, MockBehaviour.BeforeHead)]
    public async Task TheUpstreamIsCancelledAtOnce(bool stream, int stallAt)
    {
        _pool.Upstreams[0].Default = new MockBehaviour { AnswerTokens = 100, Fault = MockFault.Stall, FaultAt = stallAt };
        using var cancel = new CancellationTokenSource();
        System.Text.Json.Nodes.JsonObject body = Chat.Body("m/b0", "hi", ("stream", stream));
        using var request = new HttpRequestMessage(HttpMethod.Post, Chat.Path) { Content = Chat.Json(body) };
        Task<HttpResponseMessage> sending = _pool.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel.Token);
        MockRequest seen = await _pool.Upstreams[0].WaitForAsync(r => r.Method == "POST", TimeSpan.FromSeconds(5));
        if (stallAt > 0)
        {
            using HttpResponseMessage response = await sending;
            using Stream events = await response.Content.ReadAsStreamAsync();
            Assert.True(await events.ReadAsync(new byte[64]) > 0);
        }

        long left = Stopwatch.GetTimestamp();
        await cancel.CancelAsync();
        try
        {
            (await sending).Dispose();
        }
        catch (OperationCanceledException)
        {
            // Cancelled before the head, as intended.
        }

        await seen.ClientGone.WaitAsync(TimeSpan.FromSeconds(5));
        double took = Stopwatch.GetElapsedTime(left, seen.ClientGoneAt).TotalMilliseconds;
        Report.Line($"upstream closed {took:F1} ms after the client left");
        Assert.True(took < LimitMs, $"{took} ms");
        await Eventually.TrueAsync(() => _pool.Upstreams[0].InFlight == 0, TimeSpan.FromSeconds(2), () => "the mock still answers");
    }

    [Fact]
    public async Task ManyCancelledStreamsLeaveNothingBehind()
    {
        _pool.Upstreams[0].Default = new MockBehaviour { AnswerTokens = 1000, TokensPerSecond = 100 };
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            using var cancel = new CancellationTokenSource(100 + (i * 5));
            try
            {
                await _pool.Client.StreamAsync(Chat.Body("m/b0", "hi"), cancel.Token);
            }
            catch (OperationCanceledException)
            {
                // The point of the test.
            }
        }));
        await Eventually.TrueAsync(() => _pool.Upstreams[0].InFlight == 0, TimeSpan.FromSeconds(3), () => $"{_pool.Upstreams[0].InFlight} upstream requests go on");
        _pool.Upstreams[0].Default = new MockBehaviour();
        Assert.Equal(200, (await _pool.Client.AskAsync(Chat.Body("m/b0", "hi"))).Status);
    }
}
