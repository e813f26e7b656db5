using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Context;

/// <summary>
/// The agent with a model: a recorded conversation (conversation.json) is played by an upstream over HTTP, reached through the daemon's own router. Each
/// figure of an answer is checked against the seed by SQL, and must have been in what the tools told the model.
/// </summary>
public sealed class AgentConversationTests(DemoDaemon fixture) : IClassFixture<DemoDaemon>
{
    private static readonly JsonArray Conversation = (JsonArray)JsonNode.Parse(File.ReadAllText(Path.Combine(
        DaemonBinary.RepositoryRoot, "tests", "RouterDaemon.SystemTests", "Context", "conversation.json")))!;

    public static TheoryData<int> Questions => [.. Enumerable.Range(0, Conversation.Count)];

    [Fact]
    public void TheNineDemoQuestionsAreRecorded() => Assert.Equal(9, Conversation.Count);

    [Theory]
    [MemberData(nameof(Questions))]
    public async Task ARecordedModelAnswersWithTheSeedsFigures(int number)
    {
        JsonNode recorded = Conversation[number]!;
        JsonArray calls = recorded["calls"]!.AsArray();
        fixture.Upstream.Clear();
        fixture.Upstream.Script = request => Play(recorded, request);

        List<JsonNode> steps = await AskAsync((string)recorded["question"]!);
        JsonNode answer = steps[^1];
        Assert.Equal(("answer", "m/b0", (string?)recorded["answer"]), ((string?)answer["type"], (string?)answer["by"], (string?)answer["text"]));
        Assert.True((double)answer["cost_usd"]! > 0);
        Assert.NotEmpty(answer["rows"]!.AsArray());
        Assert.Equal(calls.Select(c => (string)c![0]!), steps.Where(s => (string?)s["type"] == "tool_call").Select(s => (string)s["tool"]!));

        Assert.Equal(calls.Count + 1, fixture.Upstream.Posts.Count);
        string told = fixture.Upstream.Posts[^1].BodyText;
        using var store = new ContextDb(fixture.Home);
        foreach ((string figure, JsonNode? sql) in recorded["figures"]!.AsObject())
        {
            Assert.Equal(figure, store.Column((string)sql!)[0]);
            Assert.Contains(figure, (string)recorded["answer"]!);
            // Counts that a model makes of rows are in no result; everything else is.
            if (!int.TryParse(figure, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count >= 100)
                Assert.Contains(figure, told);
        }
    }

    [Fact]
    public async Task TheCommandLinesAgentAsksTheDaemonsModels()
    {
        JsonNode recorded = Conversation[2]!;
        fixture.Upstream.Script = request => Play(recorded, request);
        var (exitCode, output, error) = await fixture.RunAsync("context", "ask", (string)recorded["question"]!);
        Assert.True(exitCode == 0, error);
        Assert.Contains((string)recorded["answer"]!, output);
        Assert.Contains("[1] get_active_incidents: inc_001", output);
        Assert.Contains("get_active_incidents {}", error);
    }

    [Fact]
    public async Task WhenTheModelFailsThePlannerAnswersAndSaysSo()
    {
        fixture.Upstream.Script = _ => MockBehaviour.Error(400, "no thanks", "invalid_request_error");
        List<JsonNode> steps = await AskAsync("Are there any active incidents?");
        Assert.Contains(steps, s => (string?)s["type"] == "note" && ((string)s["text"]!).Contains("no thanks", StringComparison.Ordinal));
        Assert.Equal("planner", (string?)steps[^1]["by"]);
        Assert.Contains("inc_001", (string)steps[^1]["text"]!);
    }

    [Fact]
    public async Task AskedForThePlannerNoModelIsCalled()
    {
        fixture.Upstream.Clear();
        List<JsonNode> steps = await AskAsync("Are there any active incidents?", planner: true);
        Assert.Equal("planner", (string?)steps[^1]["by"]);
        Assert.Empty(fixture.Upstream.Posts);
    }

    // The turn is the number of tool results since the question.
    private static MockBehaviour Play(JsonNode recorded, MockRequest request)
    {
        int turn = JsonNode.Parse(request.Body)!["messages"]!.AsArray().Count(m => (string)m!["role"]! == "tool");
        JsonArray calls = recorded["calls"]!.AsArray();
        return turn < calls.Count
            ? new MockBehaviour { ToolName = (string)calls[turn]![0]!, ToolArguments = calls[turn]![1]!.ToJsonString() }
            : MockBehaviour.Ok((string)recorded["answer"]!);
    }

    private async Task<List<JsonNode>> AskAsync(string question, bool planner = false)
    {
        var body = new JsonObject { ["question"] = question };
        if (planner)
            body["planner"] = true;
        using HttpResponseMessage response = await fixture.Daemon.Client.PostAsync("/context/ask", new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"));
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(e => JsonNode.Parse(e["data: ".Length..])!)];
    }
}
