using System.Text;
using RouterDaemon.Engine;
using Xunit;

namespace RouterDaemon.Tests.Engine;

[Collection("engine")]
public sealed class RequestTests(EngineFixture engine)
{
    private static readonly string[] SixteenStops = [.. Enumerable.Range(0, 16).Select(i => $"stop{i}")];

    [Fact]
    public async Task StopStringsEndTheTextAndAreNeverSent()
    {
        Answer answer = await engine.RunAsync(EngineFixture.Ask("Count to 10.") with { Stop = ["6, 7", "nothing"] });
        Assert.Equal("1, 2, 3, 4, 5, ", answer.Text);
        Assert.Equal((FinishReason.StopString, "6, 7"), (answer.Result!.Reason, answer.Result.StopString));
    }

    [Fact]
    public async Task AStopStringAtTheVeryStartGivesNoText()
    {
        Answer answer = await engine.RunAsync(EngineFixture.Ask("Count to 10.") with { Stop = ["1"] });
        Assert.Equal(("", FinishReason.StopString), (answer.Text, answer.Result!.Reason));
    }

    [Fact]
    public async Task AHalfMetStopStringIsGivenBackAtTheEnd()
    {
        Answer answer = await engine.RunAsync(EngineFixture.Ask("Count to 10.") with { Stop = ["10.\nmore"] });
        Assert.Equal("1, 2, 3, 4, 5, 6, 7, 8, 9, 10.", answer.Text);
    }

    [Fact]
    public async Task EveryEventHoldsWholeCharacters()
    {
        // The tiny model's tokens for these are single bytes.
        Answer answer = await engine.RunAsync(EngineFixture.Ask("Repeat: ä€😀") with
        {
            Sampling = SamplingOptions.Greedy with { Grammar = "root ::= \"ä€😀ä\"" },
        });
        Assert.Equal("ä€😀ä", answer.Text);
        Assert.All(answer.Events, e => Assert.True(System.Text.Unicode.Utf8.IsValid(e.Text.Span)));
    }

    [Fact]
    public async Task AGrammarBindsTheText()
    {
        SamplingOptions yesNo = SamplingOptions.Default with { Grammar = "root ::= (\"yes\" | \"no\")", Seed = 3 };
        Answer answer = await engine.RunAsync(EngineFixture.Ask("Who are you?") with { Sampling = yesNo });
        Assert.True(answer.Text is "yes" or "no", answer.Text);
        Assert.Equal(FinishReason.Stop, answer.Result!.Reason);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("root ::= missing")]
    [InlineData("root ::= root \"x\"")]
    public async Task ABadGrammarIsRefused(string grammar)
    {
        EngineException e = await Assert.ThrowsAsync<EngineException>(
            () => engine.RunAsync(EngineFixture.Ask("hi") with { Sampling = SamplingOptions.Greedy with { Grammar = grammar } }));
        Assert.Equal((EngineErrorKind.InvalidRequest, "grammar"), (e.Kind, e.Param));
    }

    [Fact]
    public async Task ADeeplyNestedGrammarIsRefused()
    {
        string grammar = "root ::= " + new string('(', 200_000) + "\"a\"" + new string(')', 200_000);
        EngineException e = await Assert.ThrowsAsync<EngineException>(
            () => engine.RunAsync(EngineFixture.Ask("hi") with { Sampling = SamplingOptions.Greedy with { Grammar = grammar } }));
        Assert.Equal("grammar", e.Param);
    }

    [Fact]
    public async Task TheSameSeedGivesTheSameText()
    {
        GenerationRequest request = EngineFixture.Ask("Tell me a story about a dragon.") with
        {
            Sampling = new SamplingOptions { Temperature = 1.2f, Seed = 42, TopP = 1, MinP = 0, RepeatPenalty = 1.1f, FrequencyPenalty = 0.1f },
        };
        Answer first = await engine.RunAsync(request, "exact");
        Answer second = await engine.RunAsync(request, "exact");
        Answer other = await engine.RunAsync(request with { Sampling = request.Sampling with { Seed = 43 } }, "exact");
        Assert.Equal(first.Text, second.Text);
        Assert.NotEqual(first.Text, other.Text);
    }

    [Fact]
    public async Task LogitBiasBansAToken()
    {
        int[] tokens = await engine.Host.TokenizeAsync("tiny", "7 + 8 = 15.", false, false, TestContext.Current.CancellationToken);
        Answer answer = await engine.RunAsync(EngineFixture.Ask("What is 7 + 8?") with
        {
            Sampling = SamplingOptions.Greedy with { LogitBias = new Dictionary<int, float> { [tokens[0]] = float.NegativeInfinity } },
        });
        Assert.False(answer.Text.StartsWith('7'), answer.Text);
    }

    [Fact]
    public async Task LogProbsCoverEveryTokenAndAreConsistent()
    {
        Answer answer = await engine.RunAsync(EngineFixture.Ask("What is 7 + 8?") with { LogProbs = true, TopLogProbs = 3 });
        TokenLogProb[] all = [.. answer.Events.SelectMany(e => e.LogProbs!)];
        Assert.Equal(answer.Text, Encoding.UTF8.GetString([.. all.SelectMany(p => p.Bytes.ToArray())]));
        Assert.All(all, p =>
        {
            Assert.Equal(3, p.Top.Count);
            Assert.Equal(p.TokenId, p.Top[0].TokenId);
            Assert.Equal(p.LogProb, p.Top[0].LogProb);
            Assert.True(p.Top[0].LogProb >= p.Top[1].LogProb && p.Top[1].LogProb >= p.Top[2].LogProb && p.LogProb <= 0);
        });
    }

    public static readonly TheoryData<GenerationRequest, string> Wrong = new()
    {
        { new GenerationRequest(), "one of messages and prompt" },
        { EngineFixture.Ask("x") with { Prompt = "y" }, "exclude each other" },
        { EngineFixture.Ask("x") with { MaxTokens = -1 }, "max_tokens is -1" },
        { EngineFixture.Ask("x") with { LogProbs = true, TopLogProbs = 21 }, "top_logprobs is 21, it must be 0 to 20" },
        { EngineFixture.Ask("x") with { TopLogProbs = 2 }, "needs logprobs" },
        { EngineFixture.Ask("x") with { Stop = [.. SixteenStops, "x"] }, "stop has 17 strings, the limit is 16" },
        { EngineFixture.Ask("x") with { Stop = [""] }, "empty string" },
        { EngineFixture.Ask("x") with { Stop = [new string('x', 1025)] }, "longer than 1024 bytes" },
        { EngineFixture.Ask("x") with { Sampling = new SamplingOptions { TopP = 1.5f } }, "top_p is 1.5, it must be 0 to 1" },
        { EngineFixture.Ask("x") with { Sampling = new SamplingOptions { Temperature = float.NaN } }, "temperature is NaN" },
        { EngineFixture.Ask("x") with { Sampling = new SamplingOptions { LogitBias = new Dictionary<int, float> { [1280] = 1 } } }, "token 1280, token ids are 0 to 1279" },
        { new GenerationRequest { PromptTokens = new[] { 1, -5 } }, "prompt[1] is -5" },
        { new GenerationRequest { PromptTokens = new[] { 1280 } }, "prompt[0] is 1280" },
        { Messages("[]"), "messages is empty" },
        { Messages("{}"), "messages must be an array" },
        { Messages("[1]"), "messages[0] must be an object" },
        { Messages("[{\"content\":\"x\"}]"), "messages[0].role must be a string" },
        { Messages("[{\"role\":\"user\",\"content\":5}]"), "messages[0].content must be" },
        { Messages("[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]"), "messages[1].content[0] is of type image_url" },
        { Messages("[{"), "not valid JSON" },
    };

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public async Task AWrongRequestIsRefusedByName(GenerationRequest request, string message)
    {
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => engine.RunAsync(request));
        Assert.Contains(message, e.Message);
        Assert.NotNull(e.Param);
        Assert.True(e.Kind is EngineErrorKind.InvalidRequest or EngineErrorKind.Unsupported);
    }

    [Fact]
    public async Task LimitsThemselvesAreAllowed()
    {
        Answer answer = await engine.RunAsync(EngineFixture.Ask("What is 7 + 8?") with
        {
            Stop = [.. SixteenStops[..15], new string('x', 1024)],
            LogProbs = true,
            TopLogProbs = 20,
        });
        Assert.Equal("7 + 8 = 15.", answer.Text);
    }

    [Fact]
    public async Task TextPartsAreJoined()
    {
        Answer answer = await engine.RunAsync(Messages(
            """[{"role":"user","content":[{"type":"text","text":"What is "},{"type":"text","text":"7 + 8?"}]}]""") with
        { Sampling = SamplingOptions.Greedy });
        Assert.Equal("7 + 8 = 15.", answer.Text);
    }

    private static GenerationRequest Messages(string json) => new() { MessagesJson = Encoding.UTF8.GetBytes(json) };
}
