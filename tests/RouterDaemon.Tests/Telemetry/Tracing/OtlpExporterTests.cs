#pragma warning disable xUnit1051 // Every wait here has a limit of its own.
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using RouterDaemon.Bench.Mock;
using RouterDaemon.Config;
using RouterDaemon.Telemetry.Tracing;
using Xunit;

namespace RouterDaemon.Tests.Telemetry.Tracing;

public sealed class OtlpExporterTests
{
    private static ulong _ids;

    [Fact]
    public async Task ManySpansArriveOnceEachInBatches()
    {
        await using var collector = MockUpstream.Start();
        var exporter = new OtlpExporter(NullLogger.Instance);
        for (int i = 0; i < 1500; i++)
            exporter.Add(NewTrace(collector.Url));
        await exporter.DisposeAsync();
        int[] batches = [.. collector.Posts.Select(p => Spans(p).Count)];
        Assert.All(batches, b => Assert.InRange(b, 1, OtlpExporter.BatchSpans));
        Assert.Equal((1500, 1500, 0), (batches.Sum(), exporter.Exported, exporter.Dropped));
        Assert.Equal(1500, collector.Posts.SelectMany(Spans).Distinct().Count());
        Assert.All(collector.Posts, p => Assert.Equal("/v1/traces", p.Path));
    }

    [Fact]
    public async Task ALoneSpanGoesOutWithinAboutASecond()
    {
        await using var collector = MockUpstream.Start();
        await using var exporter = new OtlpExporter(NullLogger.Instance);
        for (int round = 0; round < 2; round++)
        {
            collector.Clear();
            exporter.Add(NewTrace(new Uri(collector.Url, "v1/traces")));
            await collector.WaitForAsync(p => p.Path == "/v1/traces", TimeSpan.FromSeconds(10));
        }
    }

    [Fact]
    public async Task TooManyAtOnceAreTriedAgainAfterTheWaitThatWasAskedFor()
    {
        await using var collector = MockUpstream.Start();
        collector.Script = _ => collector.Posts.Count <= 1 ? MockBehaviour.Error(429, "later") with { Headers = ["Retry-After: 1"] } : null;
        await using var exporter = new OtlpExporter(NullLogger.Instance);
        exporter.Add(NewTrace(collector.Url));
        await WaitAsync(() => exporter.Exported == 1);
        Assert.Equal(2, collector.Posts.Count);
        Assert.True(Stopwatch.GetElapsedTime(collector.Posts[0].ReceivedAt, collector.Posts[1].ReceivedAt) > TimeSpan.FromMilliseconds(900));
        Assert.Equal(0, exporter.Dropped);
    }

    [Fact]
    public async Task WhatACollectorRefusesIsDroppedAtOnce()
    {
        await using var collector = MockUpstream.Start();
        collector.Default = MockBehaviour.Error(400, "no");
        await using var exporter = new OtlpExporter(NullLogger.Instance);
        exporter.Add(NewTrace(collector.Url));
        await WaitAsync(() => exporter.Dropped == 1);
        Assert.Single(collector.Posts);
    }

    [Fact]
    public async Task WithoutACollectorTheQueueStaysBoundedAndStoppingIsQuick()
    {
        await using var collector = MockUpstream.Start();
        // It accepts, and never answers.
        collector.Default = MockBehaviour.Broken(MockFault.Stall, MockBehaviour.BeforeHead);
        var exporter = new OtlpExporter(NullLogger.Instance);
        for (int i = 0; i < 10_000; i++)
            exporter.Add(NewTrace(collector.Url));
        Assert.InRange(exporter.Dropped, 10_000 - OtlpExporter.MaxQueuedSpans - (2 * OtlpExporter.BatchSpans), 10_000);
        long start = Stopwatch.GetTimestamp();
        await exporter.DisposeAsync();
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(8), $"stopping took {Stopwatch.GetElapsedTime(start).TotalSeconds} s");
        Assert.Equal(10_000, exporter.Exported + exporter.Dropped);
    }

    private static RequestTrace NewTrace(Uri url)
    {
        ulong id = Interlocked.Increment(ref _ids);
        return new RequestTrace(new TraceContext(1, id, id, true), 0, new RouterdConfig { Telemetry = new TelemetryConfig { OtlpUrl = url } }, () => 1) { Operation = "chat" };
    }

    private static List<string> Spans(MockRequest post)
    {
        using var json = JsonDocument.Parse(post.Body);
        return [.. json.RootElement.GetProperty("resourceSpans")[0].GetProperty("scopeSpans")[0].GetProperty("spans").EnumerateArray().Select(s => s.GetProperty("spanId").GetString()!)];
    }

    private static async Task WaitAsync(Func<bool> condition)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20), "it did not come");
            await Task.Delay(10);
        }
    }
}
