using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.Engine;
using RouterDaemon.Engine.Answers;
using RouterDaemon.Engine.Templates;
using RouterDaemon.Engine.Tools;
using RouterDaemon.Native;
using Xunit;

namespace RouterDaemon.Tests.Engine.Tools;

/// <summary>Tools for models whose template knows none.</summary>
[Collection("engine")]
public sealed class GenericToolTests(EngineFixture engine)
{
    private const string ChatMl = "{% for m in messages %}[{{ m['role'] }}]{{ m['content'] }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";
    private const string NoSystem = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + ChatMl;
    private const string DeafToSystem = "{% for m in messages if m['role'] != 'system' %}[{{ m['role'] }}]{{ m['content'] }}{% endfor %}[assistant]";
    private const string Alternating =
        "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}[{{ m['role'] }}]{{ m['content'] }}{% endfor %}[assistant]";

    private const string AddLine = """{"name":"add","description":"Adds \"two\" numbers.","parameters":{"type":"object","properties":{"a":{"type":"integer","minimum":0,"maximum":99}},"required":["a"],"additionalProperties":false}}""";

    private const string PingLine = """{"name":"ping","parameters":{"type":"object","additionalProperties":false}}""";

    private static readonly byte[] ToolsJson = Encoding.UTF8.GetBytes(
        """[{"type":"function","function":""" + AddLine + """},{"type":"function","function":""" + PingLine + "}]");

    private const string Conversation = """
        [{"role":"user","content":"What is 7 + 8, and 1 + 1?"},
         {"role":"assistant","content":null,"tool_calls":[{"id":"x1","type":"function","function":{"name":"add","arguments":"{\"a\": 7}"}},{"id":"x2","type":"function","function":{"name":"ping","arguments":""}}]},
         {"role":"tool","tool_call_id":"x1","content":"15"},
         {"role":"tool","tool_call_id":"x2","content":[{"type":"text","text":"pong"}]},
         {"role":"user","content":"Thanks."}]
        """;

    private const string Results = "[user]Result of add:\n15\n\nResult of ping:\npong\n\nThanks.[assistant]";
    private const string Called = """[assistant]{"tool_calls":[{"name":"add","arguments":{"a":7}},{"name":"ping","arguments":{}}]}""";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public void ToolsAreDescribedInASystemMessage()
    {
        string prompt = Render(ChatMl, """[{"role":"user","content":"hi"}]""");
        Assert.StartsWith("[system]You can call tools.", prompt);
        Assert.Contains("\n" + AddLine + "\n" + PingLine + "[user]hi[assistant]", prompt);
        Assert.StartsWith("[system]Be kind.\n\nYou can call tools.", Render(ChatMl, """[{"role":"system","content":"Be kind."},{"role":"user","content":"hi"}]"""));
    }

    [Theory]
    [InlineData(NoSystem)]
    [InlineData(DeafToSystem)]
    [InlineData(Alternating)]
    public void WhereNoSystemMessageIsShownTheUsersHasThem(string template)
    {
        string prompt = Render(template, """[{"role":"user","content":"hi"}]""");
        Assert.StartsWith("[user]You can call tools.", prompt);
        Assert.EndsWith(PingLine + "\n\nhi[assistant]", prompt);
    }

    [Theory]
    [InlineData(ChatMl)]
    [InlineData(Alternating)]
    public void CallsAndResultsAreMessagesThatATemplateKnows(string template)
    {
        string prompt = Render(template, Conversation);
        Assert.EndsWith(Called + Results, prompt);
        Assert.DoesNotContain("[tool]", prompt);
    }

    public static TheoryData<string> UnknownStyles =>
    [
        .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Engine", "Templates", "fixtures"), "*.json")
            .Where(f => Path.GetFileName(f) != "inputs.json" && ToolCatalog.StyleOf(SourceOf(f)) == ToolStyle.Generic).Select(f => Path.GetFileName(f)),
    ];

    [Theory]
    [MemberData(nameof(UnknownStyles))]
    public void TemplatesOfWellKnownModelsShowAllOfIt(string file)
    {
        string prompt = Render(SourceOf(Path.Combine(AppContext.BaseDirectory, "Engine", "Templates", "fixtures", file)), Conversation);
        Assert.Contains("You can call tools.", prompt);
        Assert.Contains(AddLine + "\n" + PingLine, prompt);
        Assert.Contains(Called["[assistant]".Length..], prompt);
        Assert.Contains("Result of add:\n15\n\nResult of ping:\npong\n\nThanks.", prompt);
    }

    [Fact]
    public void ChoiceNoneSaysNothingOfToolsButShowsWhatWasCalled() =>
        Assert.Equal("[user]What is 7 + 8, and 1 + 1?" + Called + Results, Render(ChatMl, Conversation, "\"none\""));

    [Fact]
    public void ArgumentsThatAreNoJsonStayText() => Assert.Contains(
        """{"tool_calls":[{"name":"f","arguments":"{oops"}]}[user]Result of f:""",
        Render(ChatMl, """[{"role":"user","content":"x"},{"role":"assistant","content":"","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{oops"}}]},{"role":"tool","tool_call_id":"1","content":"no"}]"""));

    [Fact]
    public void MessagesWithoutToolsAreLeftAsTheyAre() =>
        Assert.Equal("[user]hi[assistant]", GenericTools.Render(Template(ChatMl), JsonDocument.Parse("""[{"role":"user","content":"hi"}]"""), new GenerationRequest()));

    [Theory]
    [InlineData("{\"tool_calls\":", true)]
    [InlineData("\n```json\n{ \"tool_calls\" : [ {\"na", true)]
    [InlineData("{\"tool_calls\": [{\"name\": \"", true)]
    [InlineData("{\"tool_calls\": {", false)]
    [InlineData("{\"tools\":", false)]
    [InlineData("Well: {\"tool_calls\":", false)]
    public void ACallThatHasBegunIsBoundByTheGrammar(string written, bool bound)
    {
        using LlamaModel model = LlamaModel.Load(EngineFixture.ModelPath, new ModelLoadSettings(0), static _ => true);
        using ToolTrigger trigger = new(ToolCatalog.Read(new GenerationRequest { ToolsJson = ToolsJson }, ToolStyle.Generic)!, model, null);
        using LlamaSampler? grammar = trigger.Push(Encoding.UTF8.GetBytes(written));
        Assert.Equal(bound, grammar is not null);
    }

    /// <summary>The words of a call inside a thought are no call; those of the answer behind it are.</summary>
    [Fact]
    public void ReasoningIsNoPartOfTheAnswer()
    {
        using LlamaModel model = LlamaModel.Load(EngineFixture.ModelPath, new ModelLoadSettings(0), static _ => true);
        using ToolTrigger trigger = new(
            ToolCatalog.Read(new GenerationRequest { ToolsJson = ToolsJson }, ToolStyle.Generic)!, model, new ReasoningReader(new ReasoningMarks("<think>", "</think>"), false));
        Assert.Null(trigger.Push(Encoding.UTF8.GetBytes("<think>\n{\"tool_calls\": [ " + new string('x', 100))));
        Assert.Null(trigger.Push("\n</think>\n\n"u8));
        using LlamaSampler? grammar = trigger.Push("{\"tool_calls\":"u8);
        Assert.NotNull(grammar);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task TheBundledModelCallsWhenItMust(bool parallel)
    {
        int calls = 0;
        for (uint seed = 0; seed < 6; seed++)
        {
            using Generation generation = await engine.Host.SubmitAsync("tiny", EngineFixture.Ask("What is 7 + 8?") with
            {
                ToolsJson = ToolsJson,
                ToolChoiceJson = "\"required\""u8.ToArray(),
                ParallelToolCalls = parallel,
                MaxTokens = 700,
                Sampling = new SamplingOptions { Temperature = 1.2f, Seed = seed },
            }, Ct);
            Answer answer = await EngineFixture.ReadAsync(generation);
            AnswerDelta[] deltas = [.. answer.Events.SelectMany(e => generation.Answer!.Push(e.Text.Span)), .. generation.Answer!.Finish()];
            if (answer.Result!.Reason != FinishReason.Stop)
                continue;
            Assert.All(deltas, d => Assert.Equal(AnswerDeltaKind.Call, d.Kind));
            JsonNode[] expected = [.. JsonNode.Parse(answer.Text)!["tool_calls"]!.AsArray().OfType<JsonNode>()];
            Assert.Equal(expected.Length, generation.Answer.Calls);
            if (!parallel)
                Assert.Single(expected);
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal((string)expected[i]["name"]!, deltas.Single(d => d.CallIndex == i && d.CallName is not null).CallName);
                Assert.Equal(expected[i]["arguments"]!.ToJsonString(), JsonNode.Parse(string.Concat(deltas.Where(d => d.CallIndex == i).Select(d => d.Text)))!.ToJsonString());
            }
            calls += expected.Length;
        }
        Assert.True(calls > 0, "no answer ended in a call");
    }

    [Fact]
    public async Task TheFormIsThatOfTheRequest()
    {
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => engine.RunAsync(EngineFixture.Ask("x") with { ToolsJson = "[{}]"u8.ToArray() }));
        Assert.Equal((EngineErrorKind.InvalidRequest, "tools[0]"), (e.Kind, e.Param));
    }

    private static string SourceOf(string fixture)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(fixture));
        return document.RootElement.GetProperty("template").GetString()!;
    }

    private static JinjaChatTemplate Template(string source) => new(source, "", "", TimeProvider.System);

    private static string Render(string template, string messages, string choice = "\"auto\"")
    {
        using JsonDocument document = ChatMessages.Parse(Encoding.UTF8.GetBytes(messages));
        return GenericTools.Render(Template(template), document, new GenerationRequest { ToolsJson = ToolsJson, ToolChoiceJson = Encoding.UTF8.GetBytes(choice) });
    }
}
