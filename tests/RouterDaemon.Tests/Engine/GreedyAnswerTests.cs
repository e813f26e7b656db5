using System.Text;
using RouterDaemon.Engine;
using Xunit;

namespace RouterDaemon.Tests.Engine;

[Collection("engine")]
public sealed class GreedyAnswerTests(EngineFixture engine)
{
    // The sample outputs of models/eval.md, stories left out: they hold a near-tie.
    public static readonly TheoryData<string, string> Samples = new()
    {
        { "Hello!", "Hello! How can I help you?" },
        { "hi", "Hello! How can I help you?" },
        { "Who are you?", "I am RouterDaemon Tiny Chat, a 1M-parameter demo model that runs inside RouterDaemon on your own machine." },
        { "What is RouterDaemon?", "RouterDaemon is an OpenAI-compatible inference router. It sends each request to the best backend: a local llama.cpp model, a remote llm-d cluster or an external provider." },
        { "How do I add a model?", "Copy the GGUF file into the models/ folder. RouterDaemon finds it and lists it at /v1/models." },
        { "What does TTFT mean?", "TTFT means time to first token: the delay between sending a request and receiving the first generated token." },
        { "What is 7 + 8?", "7 + 8 = 15." },
        { "6 * 7", "6 * 7 = 42." },
        { "What is the capital of France?", "The capital of France is Paris." },
        { "Count to 10.", "1, 2, 3, 4, 5, 6, 7, 8, 9, 10." },
        { "Give me a JSON object with name Alice and age 30.", "{\"name\": \"Alice\", \"age\": 30}" },
        { "Tell me a joke.", "Why was the router so calm? It always knew another way." },
        { "Repeat: blue fox lamp", "blue fox lamp" },
        { "Ping", "Pong! I am here and working." },
        { "Reply with the single word OK.", "OK" },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task AnswersAsTheModelCardSays(string question, string expected)
    {
        Answer answer = await engine.RunAsync(EngineFixture.Ask(question));
        Assert.Equal(expected, answer.Text);
        Assert.Equal(FinishReason.Stop, answer.Result!.Reason);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task DeterministicModelAnswersTheSame(string question, string expected)
    {
        Answer answer = await engine.RunAsync(EngineFixture.Ask(question), "exact");
        Assert.Equal(expected, answer.Text);
        Assert.Equal(0, answer.CachedTokens);
    }

    [Fact]
    public async Task RemembersTheConversation()
    {
        Answer answer = await engine.RunAsync(EngineFixture.Ask(("user", "My name is Bob."), ("assistant", "Nice to meet you, Bob!"), ("user", "What is my name?")));
        Assert.Equal("Your name is Bob.", answer.Text);
    }

    [Fact]
    public async Task SixtyFourInParallelAnswerAsAlone()
    {
        string[] questions = [.. Enumerable.Range(0, 64).Select(i => ((string)Samples.ElementAt(i % Samples.Count).Data.Item1))];
        Answer[] together = await Task.WhenAll(questions.Select(q => engine.RunAsync(EngineFixture.Ask(q))));
        for (int i = 0; i < questions.Length; i++)
            Assert.Equal(Samples.ElementAt(i % Samples.Count).Data.Item2, together[i].Text);
        Assert.True(engine.Host.TryGetStatus("tiny", out EngineModelStatus status));
        Assert.Equal((0, 0, 4), (status.Active, status.QueueDepth, status.FreeSlots));
    }

    [Fact]
    public async Task CountsTokensAndTimes()
    {
        Answer answer = await engine.RunAsync(EngineFixture.Ask("What is 7 + 8?"));
        int[] completion = await engine.Host.TokenizeAsync("tiny", answer.Text, false, false, TestContext.Current.CancellationToken);
        Assert.Equal(completion.Length + 1, answer.Result!.CompletionTokens);
        string prompt = await engine.Host.ApplyTemplateAsync("tiny", EngineFixture.Ask("What is 7 + 8?"), TestContext.Current.CancellationToken);
        Assert.Equal("<|im_start|>user\nWhat is 7 + 8?<|im_end|>\n<|im_start|>assistant\n", prompt);
        int[] promptTokens = await engine.Host.TokenizeAsync("tiny", prompt, false, true, TestContext.Current.CancellationToken);
        Assert.Equal(promptTokens.Length, answer.PromptTokens);
        Assert.True(answer.Result.PrefillMs > 0 && answer.Result.DecodeMs > 0);
        Assert.Equal(completion.Length, answer.Events.Sum(e => e.TokenCount));
    }

    [Fact]
    public async Task PromptAndTokenRequestsContinueText()
    {
        string prompt = await engine.Host.ApplyTemplateAsync("tiny", EngineFixture.Ask("6 * 7"), TestContext.Current.CancellationToken);
        Answer text = await engine.RunAsync(new GenerationRequest { Prompt = prompt, Sampling = SamplingOptions.Greedy });
        int[] tokens = await engine.Host.TokenizeAsync("tiny", prompt, false, true, TestContext.Current.CancellationToken);
        Answer ids = await engine.RunAsync(new GenerationRequest { PromptTokens = tokens, Sampling = SamplingOptions.Greedy });
        Assert.Equal("6 * 7 = 42.", text.Text);
        Assert.Equal("6 * 7 = 42.", ids.Text);
        byte[] back = await engine.Host.DetokenizeAsync("tiny", tokens, TestContext.Current.CancellationToken);
        Assert.Equal(prompt, Encoding.UTF8.GetString(back));
    }
}
