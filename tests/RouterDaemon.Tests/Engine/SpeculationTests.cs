using RouterDaemon.Engine;
using RouterDaemon.Engine.Speculation;
using Xunit;

namespace RouterDaemon.Tests.Engine;

/// <summary>Guessed tokens change when an answer comes, never what it is.</summary>
[Collection("engine")]
public sealed class SpeculationTests(EngineFixture engine)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Random weights soon repeat themselves, so that the lookup has much to guess.</summary>
    private static GenerationRequest Tokens(int seed, int length = 40) => new()
    {
        PromptTokens = Enumerable.Range(0, length).Select(i => 300 + ((i * 7 + seed * 31) % 400)).ToArray(),
        Sampling = SamplingOptions.Greedy,
        MaxTokens = 120,
        IgnoreEos = true,
    };

    private static EngineModelOptions Guessing() => EngineFixture.Tiny() with { Speculation = SpeculationMode.Always };

    [Fact]
    public async Task GreedyAnswersAreWhatTheyAreWithoutGuesses()
    {
        await using EngineHost plain = Host(EngineFixture.Tiny() with { Speculation = SpeculationMode.Off });
        await using EngineHost guessing = Host(Guessing());
        int accepted = 0;
        for (int i = 0; i < 40; i++)
        {
            GenerationRequest request = Tokens(i) with { LogProbs = true, TopLogProbs = 2 };
            Answer expected = await EngineFixture.RunAsync(plain, request, "tiny");
            Answer answer = await EngineFixture.RunAsync(guessing, request, "tiny");
            AssertSame([.. expected.Events.SelectMany(e => e.LogProbs!)], [.. answer.Events.SelectMany(e => e.LogProbs!)]);
            Assert.Equal(expected.Result!.CompletionTokens, answer.Result!.CompletionTokens);
            Assert.Equal(0, expected.Result.DraftTokens);
            Assert.InRange(answer.Result.AcceptedDraftTokens, 0, answer.Result.DraftTokens);
            accepted += answer.Result.AcceptedDraftTokens;
        }
        Assert.True(accepted > 50, $"{accepted} guesses accepted");
    }

    [Fact]
    public async Task SampledAnswersAreWhatTheyAreWithoutGuesses()
    {
        await using EngineHost plain = Host(EngineFixture.Tiny() with { Speculation = SpeculationMode.Off });
        await using EngineHost guessing = Host(Guessing());
        int equal = 0;
        for (int i = 0; i < 20; i++)
        {
            GenerationRequest request = Tokens(i) with
            {
                Sampling = new SamplingOptions { Temperature = 0.3f, Seed = (uint)i, PresencePenalty = 0.1f, TopK = 20 },
                LogProbs = true,
            };
            Answer expected = await EngineFixture.RunAsync(plain, request, "tiny");
            Answer answer = await EngineFixture.RunAsync(guessing, request, "tiny");
            equal += expected.Text == answer.Text ? 1 : 0;
            Assert.Equal(expected.Events.Sum(e => e.LogProbs!.Count), answer.Events.Sum(e => e.LogProbs!.Count));
        }
        // A row computed beside others differs in its last bits, and a draw may fall between the two; draws of their own would make all differ.
        Assert.True(equal >= 15, $"{equal} of 20 equal");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(17)]
    [InlineData(64)]
    public async Task AnAnswerEndsAtItsLimitInTheMiddleOfGuesses(int maxTokens)
    {
        await using EngineHost host = Host(Guessing() with { Slots = 1 });
        await EngineFixture.RunAsync(host, Tokens(1), "tiny");
        Answer answer = await EngineFixture.RunAsync(host, Tokens(1) with { MaxTokens = maxTokens }, "tiny");
        Assert.Equal(maxTokens, answer.Result!.CompletionTokens);
        Assert.Equal(FinishReason.Length, answer.Result.Reason);
        // Nothing of what was guessed beyond the end is in the slot: the same prompt goes on from it.
        await AsTheExactModelAsync(host, Tokens(1));
    }

    [Fact]
    public async Task StopStringsAndTheEndOfTheContextHoldInsideGuesses()
    {
        await using EngineHost host = Host(Guessing() with { Slots = 1, ContextTokens = 256 });
        string text = (await EngineFixture.RunAsync(host, Tokens(2), "tiny")).Text;
        string stop = text.Substring(text.Length / 2, 6);
        Answer stopped = await EngineFixture.RunAsync(host, Tokens(2) with { Stop = [stop] }, "tiny");
        Assert.Equal(text[..text.IndexOf(stop, StringComparison.Ordinal)], stopped.Text);
        Assert.Equal(FinishReason.StopString, stopped.Result!.Reason);
        Answer full = await EngineFixture.RunAsync(host, Tokens(2) with { MaxTokens = 0 }, "tiny");
        Assert.Equal(256, 40 + full.Result!.CompletionTokens - 1);
    }

    [Fact]
    public async Task CancelledInTheMiddleOfGuessesTheSlotIsSound()
    {
        await using EngineHost host = Host(Guessing() with { Slots = 1 });
        for (int i = 0; i < 30; i++)
        {
            using Generation generation = await host.SubmitAsync("tiny", Tokens(3), Ct);
            for (int n = 0; n < i; n++)
                await generation.Events.ReadAsync(Ct);
        }
        await AsTheExactModelAsync(host, Tokens(3));
    }

    [Fact]
    public async Task ADraftModelGuessesWhatItWouldSayItself()
    {
        // The model as its own draft: every guess holds.
        await using EngineHost host = Host(Guessing() with { DraftPath = EngineFixture.ModelPath });
        int drafted = 0, accepted = 0;
        for (int i = 0; i < 10; i++)
        {
            Answer answer = await AsTheExactModelAsync(host, Tokens(i));
            drafted += answer.Result!.DraftTokens;
            accepted += answer.Result.AcceptedDraftTokens;
        }
        Assert.True(drafted > 20, $"{drafted} drafted");
        // The others are ends of the answer, which these requests forbid.
        Assert.True(accepted > drafted * 0.6, $"{accepted} of {drafted} accepted");
    }

    [Fact]
    public async Task ADraftModelOfAnotherVocabularyIsRefused()
    {
        string folder = Directory.CreateTempSubdirectory("routerd-draft-").FullName;
        try
        {
            string path = Path.Combine(folder, "other.gguf");
            byte[] bytes = await File.ReadAllBytesAsync(EngineFixture.ModelPath, Ct);
            // Another word in its place: "the" becomes "teh" wherever the file says it.
            int changed = 0;
            for (int i = 0; i + 4 < bytes.Length / 4; i++)
            {
                if (bytes.AsSpan(i, 3).SequenceEqual("the"u8))
                {
                    "teh"u8.CopyTo(bytes.AsSpan(i));
                    changed++;
                }
            }
            Assert.True(changed > 0);
            await File.WriteAllBytesAsync(path, bytes, Ct);
            await using EngineHost host = Host(Guessing() with { DraftPath = path });
            EngineException e = await Assert.ThrowsAsync<EngineException>(() => EngineFixture.RunAsync(host, Tokens(1), "tiny"));
            Assert.Contains(path, e.Message);
            Assert.Contains("same vocabulary", e.Message);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void WhatWasNotLearntYetIsTriedWhatDoesNotPayIsLeft()
    {
        DraftLength cheap = new();
        Learn(cheap, tokens => 10 + tokens * 0.1);
        Assert.Equal(16, cheap.Choose(16, 0.95));
        Assert.InRange(cheap.Choose(16, 0.3), 1, 4);
        Assert.Equal(3, cheap.Choose(3, 0.95));
        DraftLength dear = new();
        Learn(dear, tokens => 10.0 * tokens);
        Assert.Equal(0, dear.Choose(16, 0.95));
        Assert.Equal(0, dear.Choose(0, 0.95));
    }

    [Fact]
    public void WhereItNeverPaysTrialsCostLittle()
    {
        DraftLength dear = new();
        double total = 0, plain = 0;
        int trials = 0;
        for (int i = 0; i < 20_000; i++)
        {
            int guesses = dear.Choose(16, 0.9);
            trials += guesses > 0 ? 1 : 0;
            total += 10.0 * (guesses + 1);
            plain += 10;
            dear.Observe(guesses + 1, 10.0 * (guesses + 1));
        }
        Assert.True(trials > 15, $"{trials} trials");
        Assert.True(total < plain * 1.03, $"{total / plain:F3} of the time");
    }

    private async Task<Answer> AsTheExactModelAsync(EngineHost host, GenerationRequest request)
    {
        request = request with { LogProbs = true, TopLogProbs = 2 };
        Answer expected = await engine.RunAsync(request, "exact");
        Answer answer = await EngineFixture.RunAsync(host, request, "tiny");
        AssertSame([.. expected.Events.SelectMany(e => e.LogProbs!)], [.. answer.Events.SelectMany(e => e.LogProbs!)]);
        return answer;
    }

    /// <summary>Equal up to the first place where the two best tokens are as good as level: rows of one batch differ in their last bits.</summary>
    private static void AssertSame(TokenLogProb[] expected, TokenLogProb[] actual)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            if (expected[i].TokenId == actual[i].TokenId)
                continue;
            float gap = expected[i].Top[0].LogProb - expected[i].Top[1].LogProb;
            Assert.True(gap < 0.05f, $"token {i} differs where the best two are {gap} apart");
            return;
        }
        Assert.Equal(expected.Length, actual.Length);
    }

    private static void Learn(DraftLength length, Func<int, double> stepMs)
    {
        for (int i = 0; i < 3; i++)
            length.Observe(1, stepMs(1));
        for (int i = 0; i < 20_000; i++)
        {
            int guesses = length.Choose(i % 2 == 0 ? 16 : 3, 0.95);
            length.Observe(guesses + 1, stepMs(guesses + 1));
        }
    }

    private EngineHost Host(EngineModelOptions options)
    {
        EngineHost host = new(engine.Log, TimeProvider.System);
        host.SetModels([options]);
        return host;
    }
}
