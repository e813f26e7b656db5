using RouterDaemon.Bench.Load;
using RouterDaemon.Bench.Mock;
using Xunit;

namespace RouterDaemon.SystemTests.Harness;

/// <summary>The load generator against the mock, whose times are known.</summary>
public sealed class LoadRunTests
{
    [Fact]
    public async Task AnOpenLoopKeepsItsRateAndMeasuresTheLatency()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        upstream.Default = new MockBehaviour { LatencyMs = 20 };
        LoadResult result = await LoadRun.ExecuteAsync(Options(upstream) with { RatePerSecond = 200 });
        Assert.Equal(0, result.Errors);
        Assert.InRange(result.Requests, 180, 205);
        Assert.InRange(result.Latency.P50, 19_000, 35_000);
    }

    [Fact]
    public async Task AStallIsNotHidden()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        long from = Environment.TickCount64;
        // For 300 ms in the middle every request waits: a closed loop would see one slow answer per connection, here all that were due do.
        upstream.Script = _ =>
        {
            long at = Environment.TickCount64 - from;
            return at is > 600 and < 900 ? new MockBehaviour { LatencyMs = 900 - at } : new MockBehaviour();
        };
        LoadResult result = await LoadRun.ExecuteAsync(Options(upstream) with { RatePerSecond = 200, Connections = 2 });
        Assert.InRange(result.Latency.Max, 200_000, 900_000);
        Assert.True(result.Latency.P90 > 100_000, $"p90 is {result.Latency.P90} us although a third of the arrivals met a stall");
    }

    [Fact]
    public async Task StreamsAreCountedChunkByChunk()
    {
        await using MockUpstream upstream = MockUpstream.Start();
        upstream.Default = new MockBehaviour { AnswerTokens = 10, TokensPerSecond = 100, Stamps = true };
        LoadResult result = await LoadRun.ExecuteAsync(Options(upstream) with { Stream = true, Connections = 5 });
        Assert.Equal(0, result.Errors);
        Assert.InRange(result.Itl.P50, 8_000, 13_000);
        Assert.InRange(result.Chunks, 300, 600);
        Assert.InRange(result.ChunkTransit.P50, 1, 10_000);
        Assert.Equal(1, result.Goodput);
    }

    [Theory]
    [InlineData("status=500", "status 500")]
    [InlineData("fault=cut,at=1", "connection closed")]
    [InlineData("fault=missing-done,at=2", "stream without [DONE]")]
    [InlineData("fault=chunk-size-garbage,at=1", "chunk size is not a number")]
    public async Task FailuresAreErrorsNotAnswers(string spec, string reason)
    {
        await using MockUpstream upstream = MockUpstream.Start();
        LoadResult result = await LoadRun.ExecuteAsync(Options(upstream) with { Url = new Uri(upstream.UrlFor(spec) + "/v1"), Stream = true, RatePerSecond = 50, Duration = TimeSpan.FromSeconds(0.5) });
        Assert.Equal(0, result.Requests);
        Assert.True(result.Errors > 10, $"{result.Errors} errors");
        Assert.Equal(reason, result.FirstError);
        Assert.Equal(0, result.Goodput);
    }

    private static LoadOptions Options(MockUpstream upstream) => new()
    {
        Url = new Uri(upstream.Url, "/v1"),
        Connections = 16,
        Duration = TimeSpan.FromSeconds(1),
        WarmUp = TimeSpan.FromSeconds(0.3),
    };
}
