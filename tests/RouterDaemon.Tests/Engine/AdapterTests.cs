using RouterDaemon.Engine;
using RouterDaemon.Engine.Gguf;
using RouterDaemon.RandomModel;
using Xunit;

namespace RouterDaemon.Tests.Engine;

/// <summary>LoRA adapters of random weights on the bundled model.</summary>
[Collection("engine")]
public sealed class AdapterTests(EngineFixture engine) : IDisposable
{
    private const string Question = "What is RouterDaemon?";

    private readonly string _folder = Directory.CreateTempSubdirectory("routerd-adapter-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public async Task ScaleZeroIsTheModelItselfAndScaleOneIsNot()
    {
        await using EngineHost host = Host(new AdapterFile(Adapter("a"), 1));
        Answer plain = await engine.RunAsync(Ask());
        Assert.Equal(Tokens(plain), Tokens(await EngineFixture.RunAsync(host, Ask(new AdapterScale(0, 0)))));
        Answer changed = await EngineFixture.RunAsync(host, Ask());
        Assert.NotEqual(Tokens(plain), Tokens(changed));
        Assert.Equal(Tokens(changed), Tokens(await EngineFixture.RunAsync(host, Ask(new AdapterScale(0, 1)))));
        Assert.NotEqual(Tokens(changed), Tokens(await EngineFixture.RunAsync(host, Ask(new AdapterScale(0, -0.5f)))));
    }

    [Fact]
    public async Task AdaptersThatARequestDoesNotNameAreLeftOut()
    {
        string first = Adapter("a", 1), second = Adapter("b", 2);
        await using EngineHost both = Host(new AdapterFile(first, 1), new AdapterFile(second, 0.5f));
        await using EngineHost alone = Host(new AdapterFile(second, 0.5f));
        Assert.Equal(Tokens(await EngineFixture.RunAsync(alone, Ask())), Tokens(await EngineFixture.RunAsync(both, Ask(new AdapterScale(1, 0.5f)))));
        Assert.NotEqual(Tokens(await EngineFixture.RunAsync(alone, Ask())), Tokens(await EngineFixture.RunAsync(both, Ask())));
    }

    /// <summary>Requests with different scales run beside each other, more than there are slots, and each gets what it would get alone.</summary>
    [Theory]
    [InlineData(false, 4)]
    [InlineData(false, 1)]
    [InlineData(true, 4)]
    public async Task RequestsWithDifferentScalesDoNotMixAtAll(bool deterministic, int slots)
    {
        await using EngineHost host = new(engine.Log, TimeProvider.System);
        host.SetModels([Options(new AdapterFile(Adapter("a"), 1)) with { Deterministic = deterministic, Slots = slots }]);
        AdapterScale[][] wishes = [[], [new(0, 0)], [new(0, 0.5f)], [new(0, -1)]];
        List<int[]> alone = [];
        foreach (AdapterScale[] wish in wishes)
            alone.Add(Tokens(await EngineFixture.RunAsync(host, Ask(wish))));
        Answer[] together = await Task.WhenAll(Enumerable.Range(0, 24).Select(i => EngineFixture.RunAsync(host, Ask(wishes[i % wishes.Length]))));
        for (int i = 0; i < together.Length; i++)
            Assert.Equal(alone[i % wishes.Length], Tokens(together[i]));
    }

    [Fact]
    public async Task APrefixIsSharedOnlyUnderTheSameScales()
    {
        await using EngineHost host = new(engine.Log, TimeProvider.System);
        host.SetModels([Options(new AdapterFile(Adapter("a"), 1)) with { Slots = 2 }]);
        string story = string.Concat(Enumerable.Range(0, 60).Select(i => $"Item {i} is on the list. "));
        GenerationRequest request = EngineFixture.Ask(("system", story), ("user", "hi")) with { MaxTokens = 4 };
        Answer first = await EngineFixture.RunAsync(host, request);
        Answer other = await EngineFixture.RunAsync(host, request with { Adapters = [new(0, 0)] });
        Answer again = await EngineFixture.RunAsync(host, request with { Adapters = [new(0, 1)] });
        Assert.Equal((0, 0, first.PromptTokens - 1), (first.CachedTokens, other.CachedTokens, again.CachedTokens));
        Assert.Equal(Tokens(first), Tokens(again));
    }

    /// <summary>A long answer with one set does not hold up another set's requests until its end.</summary>
    [Fact]
    public async Task SetsTakeTurns()
    {
        await using EngineHost host = Host(new AdapterFile(Adapter("a"), 1));
        using Generation endless = await host.SubmitAsync("tiny", Ask() with { MaxTokens = 900, IgnoreEos = true }, Ct);
        Task<Answer> reading = EngineFixture.ReadAsync(endless);
        for (int i = 0; i < 3; i++)
        {
            await EngineFixture.RunAsync(host, EngineFixture.Ask("2+2") with { Adapters = [new(0, 0)], MaxTokens = 8 });
            Assert.False(reading.IsCompleted, "the long answer was over before the others");
        }
        Assert.Equal(900, (await reading).Result!.CompletionTokens);
    }

    [Theory]
    [InlineData(1, 1, "lora[0].id is 1, the model's adapters are 0 to 0")]
    [InlineData(-1, 1, "lora[0].id is -1")]
    [InlineData(0, 100.5f, "lora scale is 100.5")]
    [InlineData(0, float.NaN, "lora scale is NaN")]
    public async Task AWrongAdapterOfARequestIsRefused(int id, float scale, string message)
    {
        await using EngineHost host = Host(new AdapterFile(Adapter("a"), 1));
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => EngineFixture.RunAsync(host, Ask(new AdapterScale(id, scale))));
        Assert.Equal(EngineErrorKind.InvalidRequest, e.Kind);
        Assert.Contains(message, e.Message);
        Assert.Equal(5, (await EngineFixture.RunAsync(host, Ask(new AdapterScale(0, 100)) with { MaxTokens = 5, IgnoreEos = true })).Result!.CompletionTokens);
    }

    [Fact]
    public async Task AnAdapterNamedTwiceAndOneOfAModelWithoutAreRefused()
    {
        await using EngineHost host = Host(new AdapterFile(Adapter("a"), 1));
        Assert.Contains("twice", (await Assert.ThrowsAsync<EngineException>(() => EngineFixture.RunAsync(host, Ask(new(0, 1), new(0, 0))))).Message);
        Assert.Contains("the model has no adapters", (await Assert.ThrowsAsync<EngineException>(() => engine.RunAsync(Ask(new AdapterScale(0, 1))))).Message);
    }

    [Theory]
    [InlineData("missing", "missing.gguf")]
    [InlineData("text", "starts with")]
    [InlineData("model", "it is not an adapter (general.type is")]
    [InlineData("control", "it is not a LoRA adapter (adapter.type is control_vector)")]
    [InlineData("architecture", "it is made for the architecture qwen3, the model's is llama")]
    [InlineData("alpha", "its adapter.lora.alpha is not a floating-point number")]
    [InlineData("activated", "it is an activated LoRA adapter")]
    [InlineData("shape", "incorrect shape")]
    [InlineData("half", "missing one component")]
    [InlineData("cut", "cut.gguf")]
    public async Task AFileThatIsNoAdapterOfTheModelIsNamed(string kind, string message)
    {
        string path = Path.Combine(_folder, kind + ".gguf");
        GgufImage image = GgufImage.Read(Adapter("a"));
        switch (kind)
        {
            case "text":
                await File.WriteAllTextAsync(path, "this is no GGUF file at all", Ct);
                break;
            case "model":
                File.Copy(EngineFixture.ModelPath, path);
                break;
            case "control":
                image.Set("adapter.type", "control_vector");
                image.Write(path);
                break;
            case "architecture":
                image.Set("general.architecture", "qwen3");
                image.Write(path);
                break;
            case "alpha":
                image.Set("adapter.lora.alpha", "four");
                image.Write(path);
                break;
            case "activated":
                image.Set("adapter.alora.invocation_tokens", [1, 2]);
                image.Write(path);
                break;
            case "shape":
                string wider = Path.Combine(_folder, "wider.gguf");
                RandomModelFile.Write(wider, EngineFixture.ModelPath, new ModelShape { Layers = 1, Embedding = 64, Heads = 2, KeyValueHeads = 2, FeedForward = 64 });
                RandomAdapterFile.Write(path, wider, 4, 1);
                break;
            case "half":
                image.Tensors.RemoveAt(0);
                image.Write(path);
                break;
            case "cut":
                byte[] bytes = await File.ReadAllBytesAsync(Adapter("a"), Ct);
                await File.WriteAllBytesAsync(path, bytes[..^1000], Ct);
                break;
        }
        await using EngineHost host = Host(new AdapterFile(path, 1));
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => EngineFixture.RunAsync(host, Ask()));
        Assert.Equal(EngineErrorKind.ModelLoadFailed, e.Kind);
        Assert.Contains(message, e.Message);
        Assert.Contains(path, e.Message);
    }

    [Fact]
    public async Task TheirBytesCountAndAReloadWithoutAChangeKeepsTheModel()
    {
        string path = Adapter("a");
        await using EngineHost host = Host(new AdapterFile(path, 1));
        await host.PreloadAsync("tiny", Ct);
        engine.Host.TryGetStatus("tiny", out EngineModelStatus plain);
        host.TryGetStatus("tiny", out EngineModelStatus status);
        Assert.Equal(GgufHeader.Read(path).WeightBytes, status.ResidentBytes - plain.ResidentBytes);
        Assert.Equal(new AdapterFile(path, 1), Assert.Single(status.Adapters));
        host.SetModels([Options(new AdapterFile(path, 1))]);
        Assert.True(host.TryGetStatus("tiny", out status) && status.Resident);
        host.SetModels([Options(new AdapterFile(path, 0.5f))]);
        Assert.True(host.TryGetStatus("tiny", out status) && !status.Resident);
    }

    [Theory]
    [InlineData(AdapterFiles.MaxCount, true)]
    [InlineData(AdapterFiles.MaxCount + 1, false)]
    public async Task ThereIsALimitOfAdapters(int count, bool accepted)
    {
        AdapterFile[] files = [.. Enumerable.Repeat(new AdapterFile(Adapter("a"), 0), count)];
        if (!accepted)
        {
            Assert.Contains("the limit is 16", Assert.Throws<ArgumentException>(() => Host(files)).Message);
            return;
        }
        await using EngineHost host = Host(files);
        Assert.Equal(Tokens(await engine.RunAsync(Ask())), Tokens(await EngineFixture.RunAsync(host, Ask())));
    }

    private EngineHost Host(params AdapterFile[] adapters)
    {
        EngineHost host = new(engine.Log, TimeProvider.System);
        host.SetModels([Options(adapters)]);
        return host;
    }

    private static EngineModelOptions Options(params AdapterFile[] adapters) => EngineFixture.Tiny() with { Adapters = new AdapterFiles(adapters) };

    private static GenerationRequest Ask(params AdapterScale[] adapters) => EngineFixture.Ask(Question) with { Adapters = adapters, MaxTokens = 60, LogProbs = true };

    private static int[] Tokens(Answer answer) => [.. answer.Events.SelectMany(e => e.LogProbs ?? []).Select(p => p.TokenId)];

    private string Adapter(string name, ulong seed = 1)
    {
        string path = Path.Combine(_folder, name + ".gguf");
        if (!File.Exists(path))
            RandomAdapterFile.Write(path, EngineFixture.ModelPath, 4, seed);
        return path;
    }
}
