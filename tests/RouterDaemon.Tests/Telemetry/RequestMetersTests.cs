using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RouterDaemon.Backends;
using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;
using RouterDaemon.Fleet;
using RouterDaemon.Http;
using RouterDaemon.Relay;
using RouterDaemon.Store.Journal;
using RouterDaemon.SystemTests.Support;
using RouterDaemon.Telemetry;
using RouterDaemon.Telemetry.Sections;
using RouterDaemon.Tests.Core;
using RouterDaemon.Tests.Store;
using Xunit;

namespace RouterDaemon.Tests.Telemetry;

public sealed class RequestMetersTests
{
    private const string Odd = "m\"o\\d\nel";

    [Fact]
    public async Task RecordingARequestAllocatesNothing()
    {
        using var folder = new TempFolder();
        using var journal = RequestJournal.Open(folder.Path);
        journal.Recover(0);
        journal.ResetNames();
        var recorder = new RequestRecorder(journal, new RequestMeters(), new Clock(TimeProvider.System), NullLogger.Instance);
        using var call = await CallAsync(Fleet("m"));
        Assert.Equal(0, AllocationRing.BytesPerBatch(() =>
        {
            call.IsHandedOver = false;
            recorder.HandOver(call, 0);
            call.IsRecorded = false;
            recorder.RecordSuccess(call);
            recorder.RecordFailedAttempt(call, new AttemptResult(RelayError.UpstreamStatus, false));
        }));
    }

    [Fact]
    public async Task ThePageSaysWhatWasCountedAndIsWellFormed()
    {
        var meters = new RequestMeters();
        var fleet = Fleet(Odd);
        using (var call = await CallAsync(fleet))
        {
            meters.CountOverhead(call, 0, 15_000);
            meters.CountFailedAttempt(call, RelayError.UpstreamReset, costUsd: 0.25);
            meters.Count(call, latencyMs: 30, costUsd: 0.5);
            (call.Outcome, call.Error, call.HttpStatus) = (RequestOutcome.Error, RelayError.UpstreamTruncated, 502);
            meters.Count(call, latencyMs: 100_000, costUsd: 0);
            call.Attempts = 0;
            (call.Outcome, call.HttpStatus) = (RequestOutcome.Refused, 418);
            meters.Count(call, latencyMs: 1, costUsd: 0);
        }

        var page = Page(meters, fleet);
        (string, string) deployment = ("deployment", Odd + "/b");
        Assert.Equal(1, page.Value("routerd_requests_total", deployment, ("status", "200")));
        Assert.Equal(1, page.Value("routerd_requests_total", deployment, ("status", "502")));
        Assert.Equal(1, page.Value("routerd_requests_total", ("deployment", ""), ("status", "4xx")));
        Assert.Equal(30, page.Value("routerd_tokens_total", deployment, ("type", "input")));
        Assert.Equal(6, page.Value("routerd_tokens_total", deployment, ("type", "output")));
        Assert.Equal(0.75, page.Value("routerd_cost_usd_total", deployment));
        Assert.Equal(1, page.Value("routerd_retries_total", deployment, ("error_type", "upstream_reset")));
        Assert.Equal(0, page.Value("routerd_overhead_seconds_bucket", deployment, ("le", "0.00001")));
        Assert.Equal(1, page.Value("routerd_overhead_seconds_bucket", deployment, ("le", "0.00002")));
        (string, string)[] genAi = [("gen_ai_operation_name", "chat"), ("gen_ai_request_model", Odd), ("gen_ai_provider_name", "openai"), deployment];
        Assert.Equal(1, page.Value("gen_ai_client_operation_duration_seconds_bucket", [.. genAi, ("error_type", ""), ("le", "0.04")]));
        Assert.Equal(0, page.Value("gen_ai_client_operation_duration_seconds_bucket", [.. genAi, ("error_type", "upstream_truncated"), ("le", "81.92")]));
        Assert.Equal(20, page.Value("gen_ai_client_token_usage_sum", [.. genAi, ("gen_ai_token_type", "input")]));
        Assert.Equal(2, page.Value("gen_ai_server_time_to_first_token_seconds_count", genAi));
    }

    [Fact]
    public async Task CountsOutliveAReloadAndOnlyPresentDeploymentsHaveSeries()
    {
        var meters = new RequestMeters();
        foreach (string model in new[] { "a", "b", "a" })
        {
            using var call = await CallAsync(Fleet(model));
            meters.Count(call, 1, 0);
        }

        var page = Page(meters, Fleet("a"));
        Assert.Equal(2, page.Value("routerd_requests_total", ("deployment", "a/b"), ("status", "200")));
        Assert.DoesNotContain(page.Samples, s => s.Labels.ContainsValue("b/b"));
    }

    [Fact]
    public async Task ThreadsLoseNoCount()
    {
        var meters = new RequestMeters();
        using var call = await CallAsync(Fleet("m"));
        Parallel.For(0, 8, _ =>
        {
            for (int i = 0; i < 10_000; i++)
                meters.Count(call, latencyMs: 10, costUsd: 0.25);
        });
        var page = Page(meters, call.Fleet);
        Assert.Equal(80_000, page.Sum("routerd_requests_total"));
        Assert.Equal(20_000, page.Sum("routerd_cost_usd_total"));
        Assert.Equal(80_000, page.Sum("gen_ai_client_operation_duration_seconds_count"));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(1.5, 1)]
    [InlineData(2.5, 2)]
    [InlineData(double.NaN, -1)]
    [InlineData(-1, -1)]
    [InlineData(double.PositiveInfinity, -1)]
    public void AValueIsInTheBucketWhoseBoundIsNotBelowIt(double value, int bucket)
    {
        var histogram = new FixedHistogram([1, 2]);
        histogram.Record(value);
        for (int i = 0; i <= 2; i++)
            Assert.Equal(i == bucket ? 1 : 0, histogram.CountOf(i));
    }

    [Fact]
    public void EveryErrorTypeHasANameOfItsOwn()
    {
        string[] names = [.. Enumerable.Range(0, ErrorTypes.Count).Select(ErrorTypes.NameOf)];
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.All(Enum.GetValues<RelayError>(), e => Assert.InRange((int)e, 0, ErrorTypes.Count - 1));
    }

    [Theory]
    [InlineData("routerd_x 1\n")]
    [InlineData("# HELP a_total A.\n# TYPE a_total counter\na_total 1\na_total 2\n")]
    [InlineData("# HELP a_total A.\n# TYPE a_total counter\n# HELP a_total A.\n# TYPE a_total counter\n")]
    [InlineData("# HELP a A.\n# TYPE a gauge\nb 1\n")]
    [InlineData("# HELP a A.\n# TYPE a gauge\na{x=\"\\q\"} 1\n")]
    [InlineData("# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n")]
    [InlineData("# HELP h H.\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n")]
    public void TheParserIsStrict(string page) => Assert.Throws<FormatException>(() => PrometheusPage.Parse(page));

    private static PrometheusPage Page(RequestMeters meters, FleetState fleet)
    {
        var text = new PrometheusText();
        new RequestSection(meters).Write(text, fleet);
        return PrometheusPage.Parse(Encoding.UTF8.GetString(text.ToBytes()));
    }

    private static FleetState Fleet(string model)
    {
        var deployment = new DeploymentEntry { Id = model + "/b", ModelId = model, BackendId = "b", BackendKind = "openai", UpstreamModel = "up", State = new DeploymentState() };
        var snapshot = new FleetSnapshot([deployment], 1);
        return new FleetState { Config = new RouterdConfig(), Snapshot = snapshot, Names = new NameIndex(snapshot, []), Backends = [] };
    }

    /// <summary>A streamed chat of ten tokens in and two out that went well.</summary>
    private static async Task<InferenceCall> CallAsync(FleetState fleet)
    {
        var http = new Microsoft.AspNetCore.Http.DefaultHttpContext();
        http.Request.Body = new MemoryStream("{}"u8.ToArray());
        var context = new RequestContext();
        context.Attach(http.Features);
        context.Begin(TimeProvider.System, 1);
        return new InferenceCall(context, Operation.Chat, await RequestBody.ReadAsync(context, 1 << 20), fleet)
        {
            Deployment = fleet.Snapshot.Deployments[0],
            Attempts = 1,
            DecisionKind = DecisionKind.Chosen,
            Outcome = RequestOutcome.Success,
            HttpStatus = 200,
            TtftMs = 12,
            ItlMs = 3,
            Usage = new TokenUsage { PromptTokens = 10, CompletionTokens = 2, IsReported = true },
            Decision = new RouterDaemon.Core.Routing.RouteDecision { Winner = 0, RunnerUp = -1 },
        };
    }
}
