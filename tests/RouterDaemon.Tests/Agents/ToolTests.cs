using System.Text.Json.Nodes;
using RouterDaemon.Agents.Tools;
using RouterDaemon.Store.Context;
using RouterDaemon.Tests.Store;
using Xunit;

namespace RouterDaemon.Tests.Agents;

/// <summary>Items 24 to 40 of the context layer's checklist.</summary>
public sealed class ToolTests(Demo demo) : IClassFixture<Demo>
{
    private static string Keys(JsonNode? node) => string.Join(' ', ((JsonObject)node!).Select(p => p.Key));

    private static List<JsonObject> Array(JsonNode? node) => [.. ((JsonArray)node!).Select(n => (JsonObject)n!)];

    [Theory]
    [InlineData("get_deployment_status", "model_id backend_id status")]
    [InlineData("get_active_incidents", "target_type target_id")]
    [InlineData("get_recent_requests", "user_id user_tier deployment_id model_id backend_id status since until limit=50")]
    [InlineData("get_request_detail", "request_id*")]
    [InlineData("get_user_context", "user_id*")]
    [InlineData("get_latency_trends", "deployment_id model_id backend_id since=24 hours ago until=now granularity=hour")]
    [InlineData("get_quality_summary", "model_id task_type since=7 days ago until=now")]
    [InlineData("get_request_volume", "group_by=tier since=7 days ago until=now granularity=day")]
    [InlineData("generate_sql", "query* safety_level=read_only")]
    [InlineData("run_sql", "sql* params")]
    public void Item24_ToolsHaveTheContractsParameters(string name, string parameters) => Assert.Equal(
        parameters,
        string.Join(' ', ToolRegistry.Find(name)!.Parameters.Select(p => p.Name + (p.Required ? "*" : p.Default is null ? "" : "=" + p.Default))));

    [Fact]
    public async Task Item25_ResultsHaveExactlyTheContractsFields()
    {
        var status = await demo.CallAsync("get_deployment_status");
        Assert.Equal("deployments summary", Keys(status));
        Assert.Equal(
            "id model_id backend_id status latency_p50_ms latency_p95_ms error_rate queue_depth cost_per_1k_tokens rate_limit_remaining sample_count updated_at is_stale",
            Keys(status["deployments"]![0]));
        Assert.Equal("total healthy degraded down", Keys(status["summary"]));
        var incidents = await demo.CallAsync("get_active_incidents");
        Assert.Equal("incidents count", Keys(incidents));
        Assert.Equal("id target_type target_id title started_at duration_minutes", Keys(incidents["incidents"]![0]));
        var requests = await demo.CallAsync("get_recent_requests");
        Assert.Equal("requests count has_more", Keys(requests));
        Assert.Equal("id user_id user_tier deployment_id model_id backend_id task_type latency_ms cost_usd status created_at", Keys(requests["requests"]![0]));
        var detail = await demo.CallAsync("get_request_detail", ("request_id", "req_abc123"));
        Assert.Equal("request quality_score related_incident", Keys(detail));
        Assert.Equal(
            "id user_id user_tier deployment_id model_id backend_id task_type input_tokens output_tokens cost_usd latency_ms status router_version experiment_id created_at routing_decision",
            Keys(detail["request"]));
        var user = await demo.CallAsync("get_user_context", ("user_id", "user_p_1"));
        Assert.Equal("user", Keys(user));
        Assert.Equal("id tier latency_sla_ms daily_budget_usd daily_budget_used_usd daily_budget_remaining_usd requests_today", Keys(user["user"]));
        var trends = await demo.CallAsync("get_latency_trends");
        Assert.Equal("data summary", Keys(trends));
        Assert.Equal("period deployment_id request_count latency_p50_ms latency_p95_ms error_rate", Keys(trends["data"]![0]));
        Assert.Equal("total_requests avg_latency_p50_ms avg_latency_p95_ms", Keys(trends["summary"]));
        var quality = await demo.CallAsync("get_quality_summary");
        Assert.Equal("data", Keys(quality));
        Assert.Equal("model_id task_type avg_score min_score max_score sample_count", Keys(quality["data"]![0]));
        var volume = await demo.CallAsync("get_request_volume");
        Assert.Equal("data totals", Keys(volume));
        Assert.Equal("period group request_count total_cost_usd", Keys(volume["data"]![0]));
        Assert.Equal("requests cost_usd", Keys(volume["totals"]!["premium"]));
    }

    [Theory]
    [InlineData("get_deployment_status", """{"model_id":"none"}""", """{"deployments":[],"summary":{"total":0,"healthy":0,"degraded":0,"down":0}}""")]
    [InlineData("get_active_incidents", """{"target_id":"none"}""", """{"incidents":[],"count":0}""")]
    [InlineData("get_recent_requests", """{"user_id":"none"}""", """{"requests":[],"count":0,"has_more":false}""")]
    [InlineData("get_latency_trends", """{"model_id":"none"}""", """{"data":[],"summary":{"total_requests":0,"avg_latency_p50_ms":null,"avg_latency_p95_ms":null}}""")]
    [InlineData("get_quality_summary", """{"model_id":"none"}""", """{"data":[]}""")]
    [InlineData("get_request_volume", """{"since":"now"}""", """{"data":[],"totals":{}}""")]
    public async Task Item26_EmptyResultsAreEmptyLists(string tool, string arguments, string expected) =>
        Assert.Equal(expected, (await demo.CallAsync(tool, arguments)).ToJsonString());

    [Fact]
    public async Task Item27_TheErrorEnvelopeIsExact()
    {
        var error = await demo.CallAsync("get_request_detail", ("request_id", "req_xyz"));
        Assert.Equal("""{"error":true,"message":"Request not found: req_xyz","code":"NOT_FOUND"}""", error.ToJsonString());
        Assert.True(ToolRegistry.IsError(error));
        Assert.Equal(["DATABASE_ERROR", "INVALID_PARAMETER", "NOT_FOUND"], Enum.GetValues<ContextErrorCode>().Select(c => new ContextException(c, "").CodeText).Order());
    }

    [Theory]
    [InlineData("get_request_detail", "request_id", "req_none")]
    [InlineData("get_user_context", "user_id", "user_none")]
    public async Task Item28_UnknownIdsAreNotFound(string tool, string parameter, string id)
    {
        var error = await demo.CallAsync(tool, (parameter, id));
        Assert.Equal("NOT_FOUND", (string?)error["code"]);
        Assert.Contains(id, (string?)error["message"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("get_deployment_status", """{"status":"x"}""", "Invalid status: x")]
    [InlineData("get_active_incidents", """{"target_type":"user"}""", "Invalid target_type: user")]
    [InlineData("get_recent_requests", """{"user_tier":"gold"}""", "Invalid user_tier: gold")]
    [InlineData("get_recent_requests", """{"since":"soon"}""", "Invalid since: soon")]
    [InlineData("get_recent_requests", """{"until":"99999999999 days ago"}""", "Invalid until: 99999999999 days ago")]
    [InlineData("get_recent_requests", """{"limit":0}""", "Invalid limit: 0")]
    [InlineData("get_recent_requests", """{"limit":501}""", "Invalid limit: 501")]
    [InlineData("get_recent_requests", """{"limit":1.5}""", "Invalid limit: 1.5")]
    [InlineData("get_latency_trends", """{"granularity":"minute"}""", "Invalid granularity: minute")]
    [InlineData("get_request_volume", """{"group_by":"user"}""", "Invalid group_by: user")]
    [InlineData("get_request_detail", "{}", "request_id is required")]
    [InlineData("get_request_detail", """{"request_id":""}""", "request_id is required")]
    [InlineData("get_request_detail", """{"request_id":5}""", "request_id must be a string")]
    [InlineData("get_user_context", """{"user":"u"}""", "Unknown parameter: user")]
    [InlineData("get_user_context", "[]", "Arguments must be a JSON object")]
    [InlineData("no_such_tool", "{}", "Unknown tool: no_such_tool")]
    [InlineData("generate_sql", """{"query":"users","safety_level":"write"}""", "Invalid safety_level: write")]
    public async Task Item29_BadInputIsAnInvalidParameter(string tool, string arguments, string message)
    {
        var error = await demo.CallAsync(tool, arguments);
        Assert.Equal("INVALID_PARAMETER", (string?)error["code"]);
        Assert.StartsWith(message, (string?)error["message"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    public async Task Item29_LimitsAtTheirEdgesAreFine(int limit) =>
        Assert.Equal(limit, ((JsonArray)(await demo.CallAsync("get_recent_requests", $$"""{"limit":{{limit}}}"""))["requests"]!).Count);

    [Fact]
    public async Task Item30_AMissingFileOrTableIsADatabaseError()
    {
        using var folder = new TempFolder();
        using var missing = new ContextReader(folder.File("none.db"), TimeProvider.System);
        foreach (var tool in Tools.All)
        {
            var arguments = new JsonObject();
            foreach (var parameter in tool.Parameters.Where(p => p.Required))
            {
                arguments[parameter.Name] = parameter.Name == "sql" ? "SELECT * FROM users" : "x";
            }

            using var json = System.Text.Json.JsonDocument.Parse(arguments.ToJsonString());
            var error = await new ToolRegistry(missing).InvokeAsync(tool.Name, json.RootElement, TestContext.Current.CancellationToken);
            Assert.Equal("DATABASE_ERROR", (string?)error["code"]);
        }

        using var broken = new Demo();
        broken.Change("DROP TABLE quality_scores");
        Assert.Equal("DATABASE_ERROR", (string?)(await broken.CallAsync("get_quality_summary"))["code"]);
    }

    [Theory]
    [InlineData("now", "2024-01-15T16:30:20Z")]
    [InlineData("today", "2024-01-15T00:00:00Z")]
    [InlineData("Yesterday", "2024-01-14T00:00:00Z")]
    [InlineData("1 hour ago", "2024-01-15T15:30:20Z")]
    [InlineData("24 hours ago", "2024-01-14T16:30:20Z")]
    [InlineData("7 days ago", "2024-01-08T16:30:20Z")]
    [InlineData("2 weeks ago", "2024-01-01T16:30:20Z")]
    [InlineData("30 minutes ago", "2024-01-15T16:00:20Z")]
    [InlineData("2024-01-10", "2024-01-10T00:00:00Z")]
    [InlineData("2024-01-10T10:00:00Z", "2024-01-10T10:00:00Z")]
    [InlineData("2024-01-10T10:00:00+02:00", "2024-01-10T08:00:00Z")]
    public void Item31_TimesAreUnderstood(string text, string expected)
    {
        var now = new DateTimeOffset(2024, 1, 15, 16, 30, 20, TimeSpan.Zero);
        Assert.Equal(expected, RouterDaemon.Store.Rfc3339.Format(TimePhrase.Parse("since", text, now)));
    }

    [Theory]
    [InlineData("2024-01-15T15:59:00Z", 10, false)]
    [InlineData("2024-01-15T15:58:59Z", 10, true)]
    [InlineData("2024-01-15T15:59:00Z", 9, true)]
    [InlineData("2024-01-15T16:00:00Z", 11, false)]
    [InlineData("rubbish", 11, true)]
    public async Task Item32_StaleMeansOlderThanAMinuteOrFewerThanTenSamples(string updatedAt, int samples, bool stale)
    {
        using var own = new Demo();
        own.Change($"UPDATE deployments SET updated_at = '{updatedAt}', sample_count = {samples} WHERE id = 'claude-3/aws'");
        own.Change("UPDATE deployments SET updated_at = '2024-01-15T16:00:00Z' WHERE id = 'gpt-4/aws'");
        var row = Array((await own.CallAsync("get_deployment_status", ("model_id", "claude-3"), ("backend_id", "aws")))["deployments"])[0];
        Assert.Equal(stale, (bool)row["is_stale"]!);
    }

    [Fact]
    public async Task Item33_TheSummaryFollowsTheFilters()
    {
        Assert.Equal("""{"total":6,"healthy":4,"degraded":1,"down":1}""", (await demo.CallAsync("get_deployment_status"))["summary"]!.ToJsonString());
        Assert.Equal("""{"total":2,"healthy":1,"degraded":1,"down":0}""", (await demo.CallAsync("get_deployment_status", ("model_id", "gpt-4")))["summary"]!.ToJsonString());
        Assert.Equal("""{"total":1,"healthy":0,"degraded":0,"down":1}""", (await demo.CallAsync("get_deployment_status", ("status", "down")))["summary"]!.ToJsonString());
    }

    [Fact]
    public async Task Item34_OnlyActiveIncidentsWithTheirDuration()
    {
        var incidents = Array((await demo.CallAsync("get_active_incidents"))["incidents"]);
        Assert.Single(incidents);
        Assert.Equal("llama-70b/neocloud", (string?)incidents[0]["target_id"]);
        Assert.Equal(14 * 60, (long)incidents[0]["duration_minutes"]!);
    }

    [Fact]
    public async Task Item35_RequestFiltersCombineAndHasMoreIsRight()
    {
        Assert.Equal(50, ((JsonArray)(await demo.CallAsync("get_recent_requests"))["requests"]!).Count);
        var all = (long)demo.Scalar("SELECT count(*) FROM requests WHERE user_id = 'user_p_1'")!;
        Assert.InRange(all, 20, 100);
        foreach (var (limit, more) in new[] { (all - 1, true), (all, false), (all + 1, false) })
        {
            var result = await demo.CallAsync("get_recent_requests", $$"""{"user_id":"user_p_1","limit":{{limit}}}""");
            Assert.Equal(more, (bool)result["has_more"]!);
            Assert.Equal(Math.Min(all, limit), (int)result["count"]!);
        }

        var every = await demo.CallAsync(
            "get_recent_requests",
            """{"user_id":"user_p_1","user_tier":"premium","deployment_id":"gpt-4/aws","model_id":"gpt-4","backend_id":"aws","status":"success","since":"6 days ago","until":"1 day ago","limit":500}""");
        Assert.Equal(
            demo.Column("SELECT id FROM requests WHERE user_id = 'user_p_1' AND deployment_id = 'gpt-4/aws' AND status = 'success' AND created_at >= '2024-01-09T16:00:00Z' AND created_at <= '2024-01-14T16:00:00Z' ORDER BY created_at DESC"),
            Array(every["requests"]).Select(r => (string)r["id"]!));
        Assert.Equal(0, (int)(await demo.CallAsync("get_recent_requests", ("user_id", "user_p_1"), ("user_tier", "budget")))["count"]!);
    }

    [Fact]
    public async Task Item36_TheDetailJoinsEverything()
    {
        var named = await demo.CallAsync("get_request_detail", ("request_id", "req_abc123"));
        Assert.Equal("premium", (string?)named["request"]!["user_tier"]);
        Assert.IsType<JsonObject>(named["request"]!["routing_decision"]);
        Assert.Null(named["related_incident"]);
        var inside = (string)demo.Scalar("SELECT r.id FROM requests r JOIN quality_scores q ON q.request_id = r.id WHERE deployment_id = 'llama-70b/neocloud' AND created_at > '2024-01-15T02:00:00Z'")!;
        var detail = await demo.CallAsync("get_request_detail", ("request_id", inside));
        Assert.Equal("inc_001", (string?)detail["related_incident"]!["id"]);
        Assert.Equal("id target_type target_id title status started_at resolved_at", Keys(detail["related_incident"]));
        Assert.InRange((double)detail["quality_score"]!, 0.35, 0.75);
        var unscored = (string)demo.Scalar("SELECT id FROM requests WHERE id NOT IN (SELECT request_id FROM quality_scores)")!;
        var without = await demo.CallAsync("get_request_detail", ("request_id", unscored));
        Assert.True(without.ContainsKey("quality_score"));
        Assert.Null(without["quality_score"]);
    }

    [Fact]
    public async Task Item37_TheBudgetIsDerivedFromToday()
    {
        var user = (JsonObject)(await demo.CallAsync("get_user_context", ("user_id", "user_p_1")))["user"]!;
        var used = (double)demo.Scalar("SELECT round(COALESCE(SUM(cost_usd), 0.0), 6) FROM requests WHERE user_id = 'user_p_1' AND created_at LIKE '2024-01-15%'")!;
        Assert.Equal(used, (double)user["daily_budget_used_usd"]!, 9);
        Assert.Equal(50 - used, (double)user["daily_budget_remaining_usd"]!, 6);
        Assert.Equal(demo.Scalar("SELECT count(*) FROM requests WHERE user_id = 'user_p_1' AND created_at LIKE '2024-01-15%'"), (long)user["requests_today"]!);
        Assert.True((long)user["requests_today"]! > 0);
    }

    [Theory]
    [InlineData("hour", 13, ":00:00Z")]
    [InlineData("day", 10, "T00:00:00Z")]
    public async Task Item38_TrendsGroupByPeriodAndDeployment(string granularity, int length, string suffix)
    {
        var result = await demo.CallAsync("get_latency_trends", ("granularity", granularity), ("since", "3 days ago"));
        var data = Array(result["data"]);
        Assert.Equal((long)result["summary"]!["total_requests"]!, data.Sum(d => (long)d["request_count"]!));
        Assert.All(data, d =>
        {
            Assert.True((long)d["latency_p50_ms"]! <= (long)d["latency_p95_ms"]!);
            var expected = demo.Column(
                $"SELECT latency_ms FROM requests WHERE substr(created_at, 1, {length}) || '{suffix}' = '{d["period"]}' AND deployment_id = '{d["deployment_id"]}' AND created_at >= '2024-01-12T16:00:00Z'")
                .Select(long.Parse).Order().ToList();
            Assert.Equal(expected.Count, (long)d["request_count"]!);
            Assert.Equal(expected[(int)((expected.Count - 1) * 0.5)], (long)d["latency_p50_ms"]!);
            Assert.Equal(expected[(int)((expected.Count - 1) * 0.95)], (long)d["latency_p95_ms"]!);
        });
        Assert.Equal(0, (long)(await demo.CallAsync("get_latency_trends", ("until", "30 days ago"), ("since", "31 days ago")))["summary"]!["total_requests"]!);
    }

    [Fact]
    public async Task Item39_QualityIsGroupedByModelAndTask()
    {
        var data = Array((await demo.CallAsync("get_quality_summary"))["data"]);
        Assert.All(data, d => Assert.True((double)d["min_score"]! <= (double)d["avg_score"]! && (double)d["avg_score"]! <= (double)d["max_score"]!));
        Assert.Equal(300L, data.Sum(d => (long)d["sample_count"]!));
        Assert.Equal(data.OrderByDescending(d => (long)d["sample_count"]!), data);
        var summaries = Array((await demo.CallAsync("get_quality_summary", ("task_type", "summarization"), ("model_id", "gpt-4")))["data"]);
        Assert.Equal("gpt-4 summarization", $"{summaries.Single()["model_id"]} {summaries[0]["task_type"]}");
    }

    [Theory]
    [InlineData("tier", 3)]
    [InlineData("model", 3)]
    [InlineData("backend", 3)]
    [InlineData("deployment", 6)]
    public async Task Item40_VolumeTotalsEqualTheirRows(string groupBy, int groups)
    {
        var result = await demo.CallAsync("get_request_volume", ("group_by", groupBy));
        var totals = (JsonObject)result["totals"]!;
        Assert.Equal(groups, totals.Count);
        Assert.Equal(500L, totals.Sum(t => (long)t.Value!["requests"]!));
        foreach (var (group, sums) in totals)
        {
            var rows = Array(result["data"]).Where(d => (string)d["group"]! == group).ToList();
            Assert.Equal((long)sums!["requests"]!, rows.Sum(r => (long)r["request_count"]!));
            Assert.Equal((double)sums["cost_usd"]!, rows.Sum(r => (double)r["total_cost_usd"]!), 0.0001);
            Assert.All(rows, r => Assert.Matches(@"^\d{4}-\d\d-\d\d$", (string)r["period"]!));
        }

        var hourly = Array((await demo.CallAsync("get_request_volume", ("granularity", "hour"), ("group_by", groupBy)))["data"]);
        Assert.All(hourly, r => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:00:00Z$", (string)r["period"]!));
    }
}
