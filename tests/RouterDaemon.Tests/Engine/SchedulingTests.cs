using RouterDaemon.Engine;
using RouterDaemon.Engine.Scheduling;
using Xunit;

namespace RouterDaemon.Tests.Engine;

[Collection("engine")]
public sealed class SchedulingTests(EngineFixture engine)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static GenerationRequest Endless(string question = "Count to 10.") =>
        EngineFixture.Ask(question) with { MaxTokens = 900, IgnoreEos = true };

    [Fact]
    public async Task ReusesThePrefixOfAnEarlierRequest()
    {
        string story = string.Concat(Enumerable.Range(0, 60).Select(i => $"Item {i} is on the list. "));
        Answer first = await engine.RunAsync(EngineFixture.Ask(("system", story), ("user", "hi")));
        Answer second = await engine.RunAsync(EngineFixture.Ask(("system", story), ("user", "Who are you?")));
        Assert.True(first.CachedTokens < 20, $"{first.CachedTokens}");
        Assert.True(second.CachedTokens > first.PromptTokens - 20, $"{second.CachedTokens} of {first.PromptTokens}");
        Answer repeated = await engine.RunAsync(EngineFixture.Ask(("system", story), ("user", "Who are you?")));
        Assert.Equal(second.PromptTokens - 1, repeated.CachedTokens);
        Assert.Equal(second.Text, repeated.Text);
    }

    [Fact]
    public async Task SharesThePrefixOfARunningRequest()
    {
        string story = string.Concat(Enumerable.Range(0, 60).Select(i => $"Page {i} of the book. "));
        GenerationRequest slow = EngineFixture.Ask(("system", story), ("user", "hi")) with { MaxTokens = 300, IgnoreEos = true };
        using Generation running = await engine.Host.SubmitAsync("tiny", slow, Ct);
        Assert.True(await running.Events.WaitToReadAsync(Ct));
        Answer other = await engine.RunAsync(EngineFixture.Ask(("system", story), ("user", "What is 7 + 8?")));
        Assert.True(other.CachedTokens > running.PromptTokens - 20, $"{other.CachedTokens} of {running.PromptTokens}");
    }

    [Fact]
    public async Task DisposingStopsTheDecodeAndFreesTheSlot()
    {
        Generation generation = await engine.Host.SubmitAsync("solo", Endless(), Ct);
        Assert.True(await generation.Events.WaitToReadAsync(Ct));
        generation.Dispose();
        // One slot: this one can only run when the first has gone.
        Answer answer = await engine.RunAsync(EngineFixture.Ask("hi"), "solo");
        Assert.Equal("Hello! How can I help you?", answer.Text);
        List<GenerationEvent> rest = [];
        await foreach (GenerationEvent e in generation.Events.ReadAllAsync(Ct))
            rest.Add(e);
        Assert.All(rest, e => Assert.Null(e.Finished));
    }

    [Fact]
    public async Task TheCallersTokenCancelsTheGeneration()
    {
        using CancellationTokenSource cancel = new();
        Generation generation = await engine.Host.SubmitAsync("solo", Endless(), cancel.Token);
        Assert.True(await generation.Events.WaitToReadAsync(Ct));
        await cancel.CancelAsync();
        Answer answer = await engine.RunAsync(EngineFixture.Ask("hi"), "solo");
        Assert.Equal(FinishReason.Stop, answer.Result!.Reason);
    }

    [Fact]
    public async Task RequestsAbortedAtRandomPointsLeakNoSlot()
    {
        Random random = new(7);
        for (int round = 0; round < 12; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 25).Select(async i =>
            {
                int after;
                lock (random)
                    after = random.Next(0, 40);
                using Generation generation = await engine.Host.SubmitAsync("tiny", Endless($"Count to {i}."), Ct);
                for (int n = 0; n < after; n++)
                    await generation.Events.ReadAsync(Ct);
            }));
        }
        await UntilAsync(() => engine.Host.TryGetStatus("tiny", out EngineModelStatus s) && s is { Active: 0, QueueDepth: 0, FreeSlots: 4 });
        Assert.Equal("7 + 8 = 15.", (await engine.RunAsync(EngineFixture.Ask("What is 7 + 8?"))).Text);
    }

    [Fact]
    public async Task ASlowReaderParksOnlyItself()
    {
        using Generation slow = await engine.Host.SubmitAsync("tiny", Endless() with { MaxTokens = 400 }, Ct);
        Assert.True(await slow.Events.WaitToReadAsync(Ct));
        Answer[] others = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => engine.RunAsync(EngineFixture.Ask("Who are you?"))));
        Assert.All(others, a => Assert.Equal(FinishReason.Stop, a.Result!.Reason));
        Assert.True(slow.Events.Count <= Job.ChannelCapacity);
        Answer late = await EngineFixture.ReadAsync(slow);
        Assert.Equal(400, late.Result!.CompletionTokens);
        Assert.Equal(400, late.Events.Sum(e => e.TokenCount));
        Assert.StartsWith("1, 2, 3, 4, 5, 6, 7, 8, 9, 10.", late.Text);
    }

    [Fact]
    public async Task AReaderThatComesAfterTheEndGetsEverything()
    {
        using Generation generation = await engine.Host.SubmitAsync("solo", Endless() with { MaxTokens = Job.ChannelCapacity + 1 }, Ct);
        await UntilAsync(() => generation.Events.Count == Job.ChannelCapacity);
        Answer answer = await EngineFixture.ReadAsync(generation);
        Assert.Equal(Job.ChannelCapacity + 1, answer.Result!.CompletionTokens);
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public async Task TheQueueHasALimit(int requests, bool accepted)
    {
        await using EngineHost host = new(engine.Log, TimeProvider.System);
        host.SetModels([EngineFixture.Tiny() with { Slots = 1, QueueLimit = 2 }]);
        List<Generation> running = [];
        for (int i = 0; i < requests - 1; i++)
            running.Add(await host.SubmitAsync("tiny", Endless(), Ct));
        if (accepted)
        {
            running.Add(await host.SubmitAsync("tiny", Endless(), Ct));
            await UntilAsync(() => host.TryGetStatus("tiny", out EngineModelStatus s) && s.Active == 1 && s.QueueDepth == requests - 1);
        }
        else
        {
            EngineException e = await Assert.ThrowsAsync<EngineException>(() => host.SubmitAsync("tiny", Endless(), Ct).AsTask());
            Assert.Equal(EngineErrorKind.QueueFull, e.Kind);
            Assert.InRange(e.RetryAfter!.Value.TotalSeconds, 1, 60);
            Assert.Contains("2 requests waiting, the limit is 2", e.Message);
        }
        running.ForEach(g => g.Dispose());
    }

    [Theory]
    [InlineData(1023, true)]
    [InlineData(1024, false)]
    [InlineData(1025, false)]
    public async Task APromptMustLeaveRoomInTheContext(int tokens, bool accepted)
    {
        GenerationRequest request = new() { PromptTokens = Enumerable.Repeat(300, tokens).ToArray(), Sampling = SamplingOptions.Greedy, IgnoreEos = true };
        if (accepted)
        {
            Answer answer = await engine.RunAsync(request);
            Assert.Equal((FinishReason.Length, 2), (answer.Result!.Reason, answer.Result.CompletionTokens));
            return;
        }
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => engine.RunAsync(request));
        Assert.Equal(EngineErrorKind.ContextLengthExceeded, e.Kind);
        Assert.Contains($"{tokens} tokens", e.Message);
        Assert.Contains("1024 tokens", e.Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task MaxTokensEndsByLength(int limit)
    {
        Answer answer = await engine.RunAsync(EngineFixture.Ask("Count to 10.") with { MaxTokens = limit });
        Assert.Equal((FinishReason.Length, limit), (answer.Result!.Reason, answer.Result.CompletionTokens));
    }

    [Fact]
    public async Task AFullContextEndsByLength()
    {
        Answer answer = await engine.RunAsync(Endless() with { MaxTokens = 0 });
        Assert.Equal(FinishReason.Length, answer.Result!.Reason);
        Assert.Equal(1024, answer.PromptTokens + answer.Result.CompletionTokens - 1);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 500 && !condition(); i++)
            await Task.Delay(10, Ct);
        Assert.True(condition());
    }
}
