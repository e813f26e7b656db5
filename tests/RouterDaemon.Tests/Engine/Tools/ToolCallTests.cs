using System.Text;
using System.Text.Json;
using RouterDaemon.Engine;
using RouterDaemon.Engine.Answers;
using RouterDaemon.Engine.Gguf;
using RouterDaemon.Engine.Tools;
using RouterDaemon.RandomModel;
using Xunit;

namespace RouterDaemon.Tests.Engine.Tools;

[Collection("engine")]
public sealed class ToolCallTests(EngineFixture engine) : IDisposable
{
    private static readonly byte[] ToolsJson = """
        [{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string","maxLength":12},"days":{"type":"integer","minimum":1,"maximum":9}},"required":["city"],"additionalProperties":false}}},
         {"type":"function","function":{"name":"ping","parameters":{"type":"object","properties":{}, "additionalProperties":false}}}]
        """u8.ToArray();

    private readonly string _folder = Directory.CreateTempSubdirectory("routerd-tools-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Theory]
    [InlineData("{# tools <tool_call> arguments #}", "\"required\"")]
    [InlineData("{# tools [TOOL_CALLS] arguments #}", "\"required\"")]
    [InlineData("{# tools <|start_header_id|> \"parameters\" #}", "\"required\"")]
    [InlineData("", "\"required\"")]
    [InlineData("{# tools <tool_call> arguments #}", """{"type":"function","function":{"name":"ping"}}""")]
    [InlineData("{# tools <function= #}", """{"type":"function","function":{"name":"ping"}}""")]
    public async Task ARequiredCallIsWrittenAndRead(string mark, string choice)
    {
        await using EngineHost host = new(engine.Log, TimeProvider.System);
        host.SetModels([EngineFixture.Tiny() with { Path = WithTemplateMark(mark) }]);
        for (uint seed = 0; seed < 4; seed++)
        {
            using Generation generation = await host.SubmitAsync("tiny", EngineFixture.Ask("What is the weather in Paris?") with
            {
                ToolsJson = ToolsJson,
                ToolChoiceJson = Encoding.UTF8.GetBytes(choice),
                ParallelToolCalls = false,
                MaxTokens = 300,
                Sampling = new SamplingOptions { Temperature = 1, Seed = seed },
            }, TestContext.Current.CancellationToken);
            Answer answer = await EngineFixture.ReadAsync(generation);
            AnswerDelta[] deltas = [.. answer.Events.SelectMany(e => generation.Answer!.Push(e.Text.Span)), .. generation.Answer!.Finish()];
            if (answer.Result!.Reason != FinishReason.Stop)
                continue;
            Assert.Equal(1, generation.Answer.Calls);
            Assert.All(deltas, d => Assert.Equal(AnswerDeltaKind.Call, d.Kind));
            string name = deltas.Single(d => d.CallName is not null).CallName!;
            using JsonDocument arguments = JsonDocument.Parse(string.Concat(deltas.Select(d => d.Text)));
            Assert.Equal(name == "get_weather", arguments.RootElement.TryGetProperty("city", out _));
            if (choice.Contains("ping", StringComparison.Ordinal))
                Assert.Equal("ping", name);
        }
    }

    [Fact]
    public async Task OptionalToolsLeaveAnAnswerAlone()
    {
        await using EngineHost host = new(engine.Log, TimeProvider.System);
        host.SetModels([EngineFixture.Tiny() with { Path = WithTemplateMark("{# tools <tool_call> arguments #}") }]);
        Answer answer = await EngineFixture.RunAsync(host, EngineFixture.Ask("What is 7 + 8?") with { ToolsJson = ToolsJson });
        Assert.Equal("7 + 8 = 15.", answer.Text);
    }

    [Fact]
    public void AModelWithoutATemplateRefusesTools()
    {
        EngineException e = Assert.Throws<EngineException>(() => ToolCatalog.Read(new GenerationRequest { ToolsJson = ToolsJson }, ToolStyle.None));
        Assert.Equal((EngineErrorKind.Unsupported, "tools"), (e.Kind, e.Param));
    }

    [Theory]
    [InlineData("{}", "\"auto\"", "tools must be an array")]
    [InlineData("[{}]", "\"auto\"", "tools[0].function.name is missing")]
    [InlineData("""[{"function":{"name":"a b"}}]""", "\"auto\"", "tools[0].function.name must be")]
    [InlineData("""[{"function":{"name":"a"}}]""", "\"maybe\"", "tool_choice must be")]
    [InlineData("""[{"function":{"name":"a"}}]""", """{"function":{"name":"b"}}""", "tool_choice names b")]
    public void WrongToolsAreRefusedByName(string tools, string choice, string message)
    {
        GenerationRequest request = new() { ToolsJson = Encoding.UTF8.GetBytes(tools), ToolChoiceJson = Encoding.UTF8.GetBytes(choice) };
        Assert.Contains(message, Assert.Throws<EngineException>(() => ToolCatalog.Read(request, ToolStyle.Hermes)).Message);
    }

    [Theory]
    [InlineData("<tool_call>", true)]
    [InlineData("<tool_call>\n", true)]
    [InlineData("<tool_call>\n{\"na", true)]
    [InlineData("<tool_call>{", false)]
    public void ACallThatHasBegunIsContinued(string written, bool possible)
    {
        ToolCatalog tools = ToolCatalog.Read(new GenerationRequest { ToolsJson = ToolsJson }, ToolStyle.Hermes)!;
        Assert.Equal(6, tools.CallStart("I say " + written));
        Assert.Equal(possible, tools.ToGrammar(written) is not null);
    }

    [Theory]
    [InlineData("Hermes", "Let me see.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": \"}<tool_call>\\\"\", \"b\": [1, {\"c\": 2}]}}\n</tool_call>\n<tool_call>\n{\"name\": \"g\", \"arguments\": {}}\n</tool_call>", "Let me see.\n")]
    [InlineData("Mistral", "[TOOL_CALLS] [{\"name\": \"f\", \"arguments\": {\"a\": \"}<tool_call>\\\"\", \"b\": [1, {\"c\": 2}]}}, {\"name\": \"g\", \"arguments\": {}}]", "")]
    [InlineData("Generic", "\n {\"tool_calls\": [{\"name\": \"f\", \"arguments\": {\"a\": \"}<tool_call>\\\"\", \"b\": [1, {\"c\": 2}]}}, {\"name\": \"g\", \"arguments\": {}}]}", "")]
    [InlineData("Generic", "```json\n{ \"tool_calls\" : [ {\"name\":\"f\",\"arguments\": {\"a\": \"}<tool_call>\\\"\", \"b\": [1, {\"c\": 2}]}},\n{\"name\": \"g\", \"arguments\": {}}\n]}\n```", "")]
    public void CallsAreReadWhateverTheCuts(string style, string text, string content)
    {
        Random random = new(9);
        for (int round = 0; round < 300; round++)
        {
            ToolCallReader reader = new(Enum.Parse<ToolStyle>(style));
            List<ToolDelta> deltas = [];
            for (int at = 0; at < text.Length;)
            {
                int take = Math.Min(random.Next(1, 9), text.Length - at);
                deltas.AddRange(reader.Push(text.Substring(at, take)));
                at += take;
            }
            deltas.AddRange(reader.Finish());
            Assert.Equal(content, string.Concat(deltas.Select(d => d.Content)));
            Assert.Equal(["f", "g"], deltas.Select(d => d.Name).OfType<string>());
            Assert.Equal("{\"a\": \"}<tool_call>\\\"\", \"b\": [1, {\"c\": 2}]}", string.Concat(deltas.Where(d => d.CallIndex == 0).Select(d => d.Arguments)));
            Assert.Equal("{}", string.Concat(deltas.Where(d => d.CallIndex == 1).Select(d => d.Arguments)));
        }
    }

    [Theory]
    [InlineData("Hermes", "a <tool_ b", "a <tool_ b")]
    [InlineData("Hermes", "ends with <tool", "ends with <tool")]
    [InlineData("Llama3", "{\"x\": 1}", "{\"x\": 1}")]
    [InlineData("Llama3", "plain {\"name\": \"f\"", "plain {\"name\": \"f\"")]
    [InlineData("Generic", "{\"tool\": 1}", "{\"tool\": 1}")]
    [InlineData("Generic", "{\"tool_calls\": []}", "{\"tool_calls\": []}")]
    [InlineData("Generic", "```python\nprint(1)\n```", "```python\nprint(1)\n```")]
    [InlineData("Generic", "```json\n{\"a\": 1}\n```", "```json\n{\"a\": 1}\n```")]
    [InlineData("Generic", "I say {\"tool_calls\": [{\"name\": \"f\", \"arguments\": {}}]}", "I say {\"tool_calls\": [{\"name\": \"f\", \"arguments\": {}}]}")]
    [InlineData("Generic", "{", "{")]
    public void TextThatIsNoCallStaysText(string style, string text, string content)
    {
        ToolCallReader reader = new(Enum.Parse<ToolStyle>(style));
        ToolDelta[] deltas = [.. text.SelectMany(c => reader.Push(c.ToString())), .. reader.Finish()];
        Assert.Equal(content, string.Concat(deltas.Select(d => d.Content)));
        Assert.Equal(0, reader.Calls);
    }

    /// <summary>The bundled model under a template that has a comment more, which is how a style of tool calls is told.</summary>
    private string WithTemplateMark(string mark)
    {
        string path = Path.Combine(_folder, "marked.gguf");
        GgufImage image = GgufImage.Read(EngineFixture.ModelPath);
        image.Set("tokenizer.chat_template", mark + GgufHeader.Read(EngineFixture.ModelPath).ChatTemplate);
        image.Write(path);
        return path;
    }
}
