using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Agents.Loop;
using RouterDaemon.Agents.Planning;
using RouterDaemon.Agents.Tools;
using RouterDaemon.Core;
using RouterDaemon.Tests.Store;
using Xunit;

namespace RouterDaemon.Tests.Agents;

/// <summary>Items 46 to 52 of the context layer's checklist: definitions, planner, loop.</summary>
public sealed class AgentTests(Demo demo) : IClassFixture<Demo>
{
    private static readonly string[] DemoQuestions =
    [
        "Which deployments are unhealthy right now?", "What's the status of GPT-4 across all backends?", "Are there any active incidents?",
        "Why are premium users seeing slow responses?", "Explain why request req_abc123 was routed to AWS", "What's causing errors on Llama-70b?",
        "What was p95 latency yesterday vs last week?", "Which model performs best for summarization?", "How many requests by tier this week?",
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string> Paraphrases
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var parts in Demo.Lines("paraphrases.tsv").Select(l => l.Split('\t')))
            {
                data.Add(parts[0], parts[1], parts[2]);
            }

            return data;
        }
    }

    [Fact]
    public void Item46_DefinitionsMirrorTheTools()
    {
        var definitions = demo.Registry.Definitions;
        Assert.Equal(Tools.All.Select(t => t.Name), definitions.Select(d => (string)d!["function"]!["name"]!));
        Assert.Contains("generate_sql", Tools.All.Select(t => t.Name));
        foreach (var (tool, definition) in Tools.All.Zip(definitions))
        {
            Assert.Equal("function", (string?)definition!["type"]);
            var schema = definition["function"]!["parameters"]!;
            Assert.Equal("object", (string?)schema["type"]);
            Assert.Equal(tool.Parameters.Select(p => p.Name), ((JsonObject)schema["properties"]!).Select(p => p.Key));
            Assert.Equal(tool.Parameters.Where(p => p.Required).Select(p => p.Name), ((JsonArray)schema["required"]!).Select(r => (string)r!));
            foreach (var parameter in tool.Parameters.Where(p => p.Values is not null))
            {
                Assert.Equal(parameter.Values!, ((JsonArray)schema["properties"]![parameter.Name]!["enum"]!).Select(v => (string)v!));
            }
        }
    }

    [Fact]
    public void ThePlannerHasFortyParaphrasesOfTheNineQuestions()
    {
        var lines = Demo.Lines("paraphrases.tsv").Select(l => l.Split('\t')).ToList();
        Assert.True(lines.Count >= 40);
        Assert.All(DemoQuestions, q => Assert.Contains(lines, l => l[1] == q));
    }

    [Theory]
    [MemberData(nameof(Paraphrases))]
    public async Task ThePlannerAnswersFromTheRows(string intent, string question, string contains)
    {
        var status = await demo.CallAsync("get_deployment_status");
        Assert.Equal(intent, Planner.Plan(question, status).Intent.ToString());
        var answer = await AskAsync(new ContextAgent(demo.Registry, null, TimeProvider.System), question);
        Assert.Contains(contains, answer.Text, StringComparison.Ordinal);
        Assert.Equal("planner", answer.By);
    }

    [Fact]
    public async Task ThePlannersFiguresAreTheStores()
    {
        var agent = new ContextAgent(demo.Registry, null, TimeProvider.System);
        var volume = await AskAsync(agent, "How many requests by tier this week?");
        foreach (var line in demo.Column("SELECT u.tier || ': ' || count(*) || ' requests' FROM requests r JOIN users u ON u.id = r.user_id GROUP BY u.tier"))
        {
            Assert.Contains(line, volume.Text, StringComparison.Ordinal);
        }

        var best = await AskAsync(agent, "Which model performs best for summarization?");
        Assert.Contains((string)demo.Scalar("SELECT r.model_id FROM quality_scores q JOIN requests r ON r.id = q.request_id WHERE r.task_type = 'summarization' GROUP BY 1 ORDER BY avg(q.score) DESC LIMIT 1")! + " (summarization)", best.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Item47_TheAgentCallsToolsAndSurfacesErrors()
    {
        var model = new ScriptedModel(
            [Call("get_request_detail", """{"request_id":"req_none"}"""), Call("get_active_incidents", "{}")],
            [Call("no_such_tool", "{}"), Call("get_deployment_status", "{broken")],
            [new InferenceEvent(InferenceEventKind.Text) { Text = "There is " }, new InferenceEvent(InferenceEventKind.Text) { Text = "one incident." }]);
        var steps = await StepsAsync(new ContextAgent(demo.Registry, model, TimeProvider.System), "?");
        Assert.Equal("There is one incident.", steps[^1].Text);
        Assert.Equal("scripted/model", steps[^1].By);
        Assert.Equal(0.03, steps[^1].CostUsd, 9);
        var tools = JsonNode.Parse(model.Requests[^1].MessagesJson)!.AsArray().Where(m => (string)m!["role"]! == "tool").Select(m => (string)m!["content"]!).ToList();
        Assert.Contains("\"message\":\"Request not found: req_none\",\"code\":\"NOT_FOUND\"", tools[0], StringComparison.Ordinal);
        Assert.Contains("inc_001", tools[1], StringComparison.Ordinal);
        Assert.Equal("""{"error":"unknown_tool"}""", tools[2]);
        Assert.Contains("INVALID_PARAMETER", tools[3], StringComparison.Ordinal);
        Assert.Equal(demo.Registry.Definitions.ToJsonString(), model.Requests[0].ToolsJson);
        Assert.Contains("Request not found: req_none (NOT_FOUND)", (await AskAsync(new ContextAgent(demo.Registry, null, TimeProvider.System), "Why req_none?")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Item47_StepsTimeAndMoneyAreBounded()
    {
        var endless = new ScriptedModel([Call("get_active_incidents", "{}")]) { Repeat = true };
        var answer = await AskAsync(new ContextAgent(demo.Registry, endless, TimeProvider.System, new AgentOptions { MaxCostUsd = 1 }), "?");
        Assert.Contains("max steps reached", answer.Text, StringComparison.Ordinal);
        Assert.Equal(10, endless.Requests.Count);
        var costly = new ScriptedModel([Call("get_active_incidents", "{}")]) { Repeat = true };
        Assert.Contains("the limit is 0.025 USD", (await AskAsync(new ContextAgent(demo.Registry, costly, TimeProvider.System, new AgentOptions { MaxCostUsd = 0.025 }), "?")).Text, StringComparison.Ordinal);
        Assert.Equal(3, costly.Requests.Count);
        var hanging = new ScriptedModel([]) { Hangs = true };
        var steps = await StepsAsync(new ContextAgent(demo.Registry, hanging, TimeProvider.System, new AgentOptions { Timeout = TimeSpan.FromMilliseconds(50) }), "Are there any active incidents?");
        Assert.Contains(steps, s => s.Text.Contains("no answer within", StringComparison.Ordinal));
        Assert.Contains("inc_001", steps[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Item48_TheModelIsSwappableAndItsFailureIsCaughtByThePlanner()
    {
        var failing = new ScriptedModel([]) { Fails = true };
        var steps = await StepsAsync(new ContextAgent(demo.Registry, failing, TimeProvider.System), "Are there any active incidents?");
        Assert.Contains("no deployment", steps[0].Text, StringComparison.Ordinal);
        Assert.Contains("inc_001", steps[^1].Text, StringComparison.Ordinal);
        var toolless = new ScriptedModel([]) { HasToolModel = false };
        Assert.Equal("planner", (await AskAsync(new ContextAgent(demo.Registry, toolless, TimeProvider.System), "any incidents?")).By);
        Assert.Empty(toolless.Requests);
    }

    [Fact]
    public async Task Item49_EveryDemoQuestionIsAnswered()
    {
        foreach (var question in DemoQuestions)
        {
            var steps = await StepsAsync(new ContextAgent(demo.Registry, null, TimeProvider.System), question);
            Assert.Contains(steps, s => s.Kind == AgentEventKind.ToolCall);
            Assert.All(steps, s => Assert.NotNull(s.ToJson()["type"]));
            Assert.True(steps[^1].Text.Length > 20, question);
        }
    }

    [Fact]
    public async Task Item50_ExplainChangeAndCostReportAddUp()
    {
        var cost = await demo.CallAsync("cost_report", ("group_by", "model"));
        Assert.Equal((double)demo.Scalar("SELECT sum(cost_usd) FROM requests")!, (double)cost["total_cost_usd"]!, 5);
        Assert.Equal(1, ((JsonArray)cost["groups"]!).Sum(g => (double)g!["share"]!), 3);
        var change = await demo.CallAsync("explain_change", ("since", "36 hours ago"));
        Assert.Equal("since until compared_with changes incidents_started", string.Join(' ', change.Select(p => p.Key)));
        Assert.NotEmpty((JsonArray)change["changes"]!);
        Assert.Equal("INVALID_PARAMETER", (string?)(await demo.CallAsync("explain_change", ("since", "now")))["code"]);
    }

    [Fact]
    public async Task Item51_AScriptedToolModelAnswersAllNineQuestions()
    {
        // The recorded conversation: for each question the calls a model makes; the answer repeats figures of the results.
        (string Question, string Tool, string Arguments, string Figure)[] script =
        [
            (DemoQuestions[0], "get_deployment_status", """{"status":"down"}""", "llama-70b/neocloud"),
            (DemoQuestions[1], "get_deployment_status", """{"model_id":"gpt-4"}""", "\"latency_p95_ms\":3100"),
            (DemoQuestions[2], "get_active_incidents", "{}", "\"duration_minutes\":840"),
            (DemoQuestions[3], "get_latency_trends", """{"model_id":"gpt-4","granularity":"day"}""", "gpt-4/k8s"),
            (DemoQuestions[4], "get_request_detail", """{"request_id":"req_abc123"}""", "chose gpt-4/aws"),
            (DemoQuestions[5], "get_recent_requests", """{"model_id":"llama-70b","status":"error","since":"24 hours ago"}""", "llama-70b/neocloud"),
            (DemoQuestions[6], "get_latency_trends", """{"since":"yesterday","until":"today","granularity":"day"}""", "avg_latency_p95_ms"),
            (DemoQuestions[7], "get_quality_summary", """{"task_type":"summarization"}""", "avg_score"),
            (DemoQuestions[8], "get_request_volume", """{"group_by":"tier"}""", "premium"),
        ];
        foreach (var (question, tool, arguments, figure) in script)
        {
            var model = new ScriptedModel([Call(tool, arguments)]) { AnswersWithLastResult = true };
            var answer = await AskAsync(new ContextAgent(demo.Registry, model, TimeProvider.System), question);
            Assert.Contains(figure, answer.Text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Item52_FileRolesExist()
    {
        // Schema, connection, seed, context API, SQL tools, agent tools, model boundary, agent: one type each.
        Type[] roles =
        [
            typeof(RouterDaemon.Store.Schema.Migrations), typeof(RouterDaemon.Store.ContextStore), typeof(RouterDaemon.Store.Context.DemoSeed),
            typeof(RouterDaemon.Store.Context.ContextReader), typeof(RouterDaemon.Store.Context.Sql.SqlGuard), typeof(ToolRegistry),
            typeof(IInference), typeof(ContextAgent),
        ];
        Assert.Equal(roles.Length, roles.Distinct().Count());
    }

    private static InferenceEvent Call(string tool, string arguments) =>
        new(InferenceEventKind.ToolCall) { ToolCallId = $"call_{tool}", ToolName = tool, ArgumentsJson = arguments };

    private static async Task<List<AgentEvent>> StepsAsync(ContextAgent agent, string question)
    {
        var steps = new List<AgentEvent>();
        await foreach (var step in agent.AskAsync(question, Ct))
        {
            steps.Add(step);
        }

        return steps;
    }

    private static async Task<AgentEvent> AskAsync(ContextAgent agent, string question) => (await StepsAsync(agent, question))[^1];

    /// <summary>A model that follows a script: one list of events for each call.</summary>
    private sealed class ScriptedModel(params InferenceEvent[][] turns) : IInference
    {
        public List<InferenceRequest> Requests { get; } = [];

        public bool HasToolModel { get; init; } = true;

        public bool Repeat { get; init; }

        public bool Hangs { get; init; }

        public bool Fails { get; init; }

        public bool AnswersWithLastResult { get; init; }

        public async IAsyncEnumerable<InferenceEvent> ChatAsync(InferenceRequest request, [EnumeratorCancellation] CancellationToken cancellation)
        {
            Requests.Add(request);
            if (Fails)
            {
                throw new InferenceException("no deployment takes tools");
            }

            if (Hangs)
            {
                await Task.Delay(Timeout.Infinite, cancellation);
            }

            if (Requests.Count > turns.Length && AnswersWithLastResult)
            {
                var last = JsonNode.Parse(request.MessagesJson)!.AsArray()[^1]!;
                yield return new InferenceEvent(InferenceEventKind.Text) { Text = (string)last["content"]! };
            }
            else
            {
                foreach (var step in turns[Repeat ? 0 : Requests.Count - 1])
                {
                    yield return step;
                }
            }

            yield return new InferenceEvent(InferenceEventKind.Finished) { Deployment = "scripted/model", CostUsd = 0.01 };
        }
    }
}
