using RouterDaemon.Engine;
using Xunit;

namespace RouterDaemon.Tests.Engine;

[Collection("engine")]
public sealed class LifetimeTests(EngineFixture engine)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task UnloadsKeepAliveAfterTheLastUse()
    {
        ManualTime time = new();
        await using EngineHost host = new(engine.Log, time);
        host.SetModels([EngineFixture.Tiny() with { KeepAlive = TimeSpan.FromMinutes(5) }]);
        Assert.False(State(host).Resident);
        await EngineFixture.RunAsync(host, EngineFixture.Ask("hi"));
        await UntilAsync(() => State(host).ExpiresAt is not null);
        Assert.Equal(time.GetUtcNow() + TimeSpan.FromMinutes(5), State(host).ExpiresAt);
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.True(State(host).Resident);
        await EngineFixture.RunAsync(host, EngineFixture.Ask("hi"));
        await UntilAsync(() => State(host).ExpiresAt is not null);
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.True(State(host).Resident);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(State(host).Resident);
        Assert.Equal("Hello! How can I help you?", (await EngineFixture.RunAsync(host, EngineFixture.Ask("hi"))).Text);
    }

    [Fact]
    public async Task NeverUnloadsWhileGenerating()
    {
        ManualTime time = new();
        await using EngineHost host = new(engine.Log, time);
        host.SetModels([EngineFixture.Tiny() with { KeepAlive = TimeSpan.FromSeconds(1) }]);
        using Generation generation = await host.SubmitAsync("tiny", EngineFixture.Ask("Count to 10.") with { IgnoreEos = true, MaxTokens = 300 }, Ct);
        await generation.Events.ReadAsync(Ct);
        time.Advance(TimeSpan.FromHours(1));
        Task unload = host.UnloadAsync("tiny");
        Assert.False(unload.IsCompleted);
        Answer answer = await EngineFixture.ReadAsync(generation);
        Assert.Equal(300, answer.Result!.CompletionTokens);
        await unload.WaitAsync(TimeSpan.FromSeconds(10), Ct);
        Assert.False(State(host).Resident);
    }

    [Fact]
    public async Task ZeroKeepAliveUnloadsAtOnceAndManyUsersShareALoad()
    {
        TestEngineLog log = new();
        await using EngineHost host = new(log, TimeProvider.System);
        host.SetModels([EngineFixture.Tiny() with { KeepAlive = TimeSpan.Zero }]);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => EngineFixture.RunAsync(host, EngineFixture.Ask("hi") with { IgnoreEos = true, MaxTokens = 100 })));
        await UntilAsync(() => log.Lines.Any(l => l.Message == "unloaded tiny"));
        Assert.Single(log.Lines, l => l.Message.StartsWith("loading tiny", StringComparison.Ordinal));
        Assert.Equal(1f, log.Progress.Max());
    }

    [Fact]
    public async Task AReloadKeepsUnchangedModelsAndRetiresTheRest()
    {
        TestEngineLog log = new();
        await using EngineHost host = new(log, TimeProvider.System);
        host.SetModels([EngineFixture.Tiny("a"), EngineFixture.Tiny("b")]);
        await host.PreloadAsync("a", Ct);
        await host.PreloadAsync("b", Ct);
        using Generation running = await host.SubmitAsync("b", EngineFixture.Ask("Count to 10."), Ct);
        host.SetModels([EngineFixture.Tiny("a"), EngineFixture.Tiny("c") with { Preload = true }]);
        Assert.True(host.TryGetStatus("a", out EngineModelStatus a) && a.Resident);
        Assert.False(host.TryGetStatus("b", out _));
        Assert.Equal("1, 2, 3, 4, 5, 6, 7, 8, 9, 10.", (await EngineFixture.ReadAsync(running)).Text);
        await UntilAsync(() => log.Lines.Any(l => l.Message == "unloaded b") && host.TryGetStatus("c", out EngineModelStatus c) && c.Resident);
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => host.SubmitAsync("b", EngineFixture.Ask("hi"), Ct).AsTask());
        Assert.Equal(EngineErrorKind.UnknownModel, e.Kind);
    }

    [Fact]
    public async Task DisposingTheHostEndsRunningGenerations()
    {
        EngineHost host = new(engine.Log, TimeProvider.System);
        host.SetModels([EngineFixture.Tiny()]);
        Generation generation = await host.SubmitAsync("tiny", EngineFixture.Ask("hi") with { IgnoreEos = true, MaxTokens = 900 }, Ct);
        await generation.Events.ReadAsync(Ct);
        await host.DisposeAsync();
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => EngineFixture.ReadAsync(generation));
        Assert.Contains("unloaded", e.Message);
    }

    [Fact]
    public async Task CancelledWaitersAbandonALoad()
    {
        await using EngineHost host = new(engine.Log, TimeProvider.System);
        host.SetModels([EngineFixture.Tiny()]);
        using CancellationTokenSource cancel = new();
        Task submit = host.SubmitAsync("tiny", EngineFixture.Ask("hi"), cancel.Token).AsTask();
        await cancel.CancelAsync();
        // The load may have won the race; either way the model must serve the next request.
        await Record.ExceptionAsync(() => submit);
        Assert.Equal("Hello! How can I help you?", (await EngineFixture.RunAsync(host, EngineFixture.Ask("hi"))).Text);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    public void SlotsHaveARange(int slots)
    {
        Assert.Throws<ArgumentException>(() => engine.Host.SetModels([EngineFixture.Tiny() with { Slots = slots }]));
        Assert.True(engine.Host.TryGetStatus("tiny", out EngineModelStatus status) && status.Resident);
    }

    private static EngineModelStatus State(EngineHost host) => Assert.Single(host.Status());

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 500 && !condition(); i++)
            await Task.Delay(10, Ct);
        Assert.True(condition());
    }
}
