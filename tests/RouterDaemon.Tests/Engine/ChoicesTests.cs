using RouterDaemon.Engine;
using Xunit;

namespace RouterDaemon.Tests.Engine;

[Collection("engine")]
public sealed class ChoicesTests(EngineFixture engine)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SeveralAnswersComeFromOnePrefill()
    {
        await using EngineHost host = new(engine.Log, TimeProvider.System);
        host.SetModels([EngineFixture.Tiny()]);
        GenerationRequest request = EngineFixture.Ask(("system", string.Concat(Enumerable.Range(0, 40).Select(i => $"Rule {i} holds. "))), ("user", "What is 7 + 8?"));
        IReadOnlyList<Generation> generations = await host.SubmitAsync("tiny", [.. Enumerable.Repeat(request, 6)], Ct);
        Answer[] answers = await Task.WhenAll(generations.Select(EngineFixture.ReadAsync));
        Assert.Equal(0, answers[0].CachedTokens);
        Assert.All(answers[1..], a => Assert.Equal(answers[0].PromptTokens - 1, a.CachedTokens));
        Assert.All(answers[1..], a => Assert.Equal(answers[0].Text, a.Text));
    }

    [Fact]
    public async Task ASharedPrefixIsComputedOnceForRequestsThatComeTogether()
    {
        await using EngineHost host = new(engine.Log, TimeProvider.System);
        host.SetModels([EngineFixture.Tiny()]);
        string story = string.Concat(Enumerable.Range(0, 60).Select(i => $"Line {i} is here. "));
        GenerationRequest[] requests = [.. Enumerable.Range(0, 4).Select(i => EngineFixture.Ask(("system", story), ("user", $"What is {i} + 8?")))];
        IReadOnlyList<Generation> generations = await host.SubmitAsync("tiny", requests, Ct);
        Answer[] answers = await Task.WhenAll(generations.Select(EngineFixture.ReadAsync));
        int computed = answers.Sum(a => a.PromptTokens - a.CachedTokens);
        Assert.True(computed < answers[0].PromptTokens + 3 * 40, $"{computed} tokens for prompts of {answers[0].PromptTokens}");
    }

    [Fact]
    public async Task AllAreQueuedOrNone()
    {
        await using EngineHost host = new(engine.Log, TimeProvider.System);
        host.SetModels([EngineFixture.Tiny() with { Slots = 1, QueueLimit = 2 }]);
        GenerationRequest endless = EngineFixture.Ask("Count to 10.") with { MaxTokens = 500, IgnoreEos = true };
        EngineException full = await Assert.ThrowsAsync<EngineException>(async () => await host.SubmitAsync("tiny", [.. Enumerable.Repeat(endless, 4)], Ct));
        Assert.Equal(EngineErrorKind.QueueFull, full.Kind);
        // The three that had a place leave at the next step: as many fit again.
        while (host.Status()[0] is { Active: > 0 } or { QueueDepth: > 0 })
            await Task.Delay(1, Ct);
        IReadOnlyList<Generation> three = await host.SubmitAsync("tiny", [.. Enumerable.Repeat(EngineFixture.Ask("hi"), 3)], Ct);
        foreach (Generation generation in three)
            Assert.Equal("Hello! How can I help you?", (await EngineFixture.ReadAsync(generation)).Text);
    }

    [Fact]
    public async Task SeedsMakeChoicesDifferAndRepeatable()
    {
        async Task<string[]> RunAsync()
        {
            GenerationRequest[] requests = [.. Enumerable.Range(0, 4).Select(i => EngineFixture.Ask("Tell me a story about a dragon.") with
            {
                Sampling = new SamplingOptions { Temperature = 1.5f, Seed = 70 + (uint)i },
                MaxTokens = 24,
            })];
            return [.. (await Task.WhenAll((await engine.Host.SubmitAsync("exact", requests, Ct)).Select(EngineFixture.ReadAsync))).Select(a => a.Text)];
        }

        string[] first = await RunAsync();
        Assert.Equal(first, await RunAsync());
        Assert.True(first.Distinct().Count() > 1, first[0]);
    }
}
