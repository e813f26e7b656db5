using RouterDaemon.Engine;
using RouterDaemon.Engine.Scheduling;
using Xunit;

namespace RouterDaemon.Tests.Engine;

/// <summary>What is told about the slots.</summary>
[Collection("engine")]
public sealed class SlotStateTests(EngineFixture engine)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EverySlotSaysWhatItDoes()
    {
        SlotQuestions questions = new(TimeProvider.System);
        Slot prefilling = new(0) { Job = NewJob("key:abc", prompt: 10, cached: 2) };
        prefilling.Tokens.AddRange([1, 2, 3, 4]);
        Slot generating = new(1) { Job = NewJob(null, prompt: 3, cached: 0) };
        generating.Tokens.AddRange([1, 2, 3, 9, 9]);
        generating.Job.Push(9, "a"u8, null);
        Slot idle = new(2);
        idle.Tokens.AddRange([5, 5]);
        Task<IReadOnlyList<SlotState>> first = questions.AskAsync(), second = questions.AskAsync();
        Assert.False(first.IsCompleted);
        questions.Answer([prefilling, generating, idle]);
        IReadOnlyList<SlotState> states = await first;
        Assert.Same(states, await second);
        Assert.Equal(new SlotState(0, SlotActivity.Prefilling, 4, 10, 2, 0, 7, states[0].RunningMs, "key:abc"), states[0]);
        Assert.Equal(4, states[0].PromptDone);
        Assert.Equal(new SlotState(1, SlotActivity.Generating, 5, 3, 0, 1, 7, states[1].RunningMs, null), states[1]);
        Assert.Equal(3, states[1].PromptDone);
        Assert.Equal(new SlotState(2, SlotActivity.Idle, 2, 0, 0, 0, 0, 0, null), states[2]);
        questions.End();
        Assert.Empty(await questions.AskAsync());
    }

    [Fact]
    public async Task ARunningModelTellsWithoutBeingHeldUp()
    {
        await using EngineHost host = new(engine.Log, TimeProvider.System);
        host.SetModels([EngineFixture.Tiny() with { Slots = 2 }]);
        Assert.Empty(await host.GetSlotsAsync("tiny", Ct));
        Assert.True(host.TryGetStatus("tiny", out EngineModelStatus status) && !status.Loading && !status.Resident);
        // Nobody reads: it generates until the reader's buffer is full.
        using Generation unread = await host.SubmitAsync("tiny", EngineFixture.Ask("Count to 10.") with { MaxTokens = 400, IgnoreEos = true, FairnessKey = "key:k1" }, Ct);
        SlotState[] states = [];
        for (int i = 0; i < 500 && !states.Any(s => s.Activity == SlotActivity.WaitingForReader); i++)
        {
            states = [.. await host.GetSlotsAsync("tiny", Ct)];
            await Task.Delay(5, Ct);
        }
        Assert.Equal([0, 1], states.Select(s => s.Id));
        SlotState parked = Assert.Single(states, s => s.Activity == SlotActivity.WaitingForReader);
        Assert.Equal(("key:k1", unread.PromptTokens, unread.PromptTokens, 400), (parked.FairnessKey, parked.PromptTokens, parked.PromptDone, parked.MaxTokens));
        Assert.InRange(parked.GeneratedTokens, Job.ChannelCapacity, 399);
        Assert.True(parked.RunningMs > 0);
        Assert.Equal(SlotActivity.Idle, states.Single(s => s.Id != parked.Id).Activity);
        Answer answer = await EngineFixture.ReadAsync(unread);
        Assert.Equal(400, answer.Result!.CompletionTokens);
        states = [.. await host.GetSlotsAsync("tiny", Ct)];
        Assert.All(states, s => Assert.Equal(SlotActivity.Idle, s.Activity));
        Assert.Equal(unread.PromptTokens + 399, states.Max(s => s.HeldTokens));
        await host.UnloadAsync("tiny");
        Assert.Empty(await host.GetSlotsAsync("tiny", Ct));
        Assert.Equal(EngineErrorKind.UnknownModel, (await Assert.ThrowsAsync<EngineException>(() => host.GetSlotsAsync("nobody", Ct).AsTask())).Kind);
    }

    private static Job NewJob(string? key, int prompt, int cached) =>
        new(new GenerationRequest { FairnessKey = key, MaxTokens = 7 }, new int[prompt], null!, static () => { }, 0) { Left = static () => { }, CachedTokens = cached };
}
