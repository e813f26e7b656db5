using RouterDaemon.Engine;
using RouterDaemon.Engine.Gguf;
using RouterDaemon.RandomModel;
using Xunit;

namespace RouterDaemon.Tests.Engine;

[Collection("engine")]
public sealed class ModelTraitsTests(EngineFixture engine) : IDisposable
{
    private const uint Prefix = 10, Suffix = 11, Middle = 12;

    private readonly string _folder = Directory.CreateTempSubdirectory("routerd-traits-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void TheBundledModelGeneratesTextOnly() =>
        Assert.Equal(new ModelTraits(true, true, false, PoolingKind.None, 1024), ModelTraits.Read(EngineFixture.ModelPath));

    [Theory]
    [InlineData("{# tools <tool_call> arguments #}")]
    [InlineData("{# tools in a form of its own #}")]
    [InlineData("")]
    public void AModelWithATemplateCallsTools(string mark) =>
        Assert.True(ModelTraits.Read(Edit(i => i.Set("tokenizer.chat_template", mark + GgufHeader.Read(EngineFixture.ModelPath).ChatTemplate))).CallsTools);

    [Fact]
    public void ABaseModelWithoutATemplateDoesNot() =>
        Assert.False(ModelTraits.Read(Edit(i => i.Remove("tokenizer.chat_template"))).CallsTools);

    [Fact]
    public void AnInfillTokenIsFoundByKeyOrByName()
    {
        Assert.True(ModelTraits.Read(Edit(i => i.Set("tokenizer.ggml.fim_pre_token_id", Prefix))).Infills);
        Assert.True(ModelTraits.Read(Edit(i =>
        {
            List<string> tokens = i.Texts("tokenizer.ggml.tokens");
            tokens[^1] = "<|fim_prefix|>";
            i.Set("tokenizer.ggml.tokens", tokens);
        })).Infills);
    }

    [Theory]
    [InlineData(1u, PoolingKind.Mean)]
    [InlineData(3u, PoolingKind.Last)]
    [InlineData(4u, PoolingKind.None)]
    public void AFileThatPoolsMakesVectors(uint pooling, PoolingKind kind)
    {
        ModelTraits traits = ModelTraits.Read(Edit(i => i.Set("llama.pooling_type", pooling)));
        Assert.Equal((false, kind), (traits.Generates, traits.Pooling));
    }

    [Fact]
    public void ScoresNeedAClassifier()
    {
        string path = Path.Combine(_folder, "rank.gguf");
        RandomModelFile.Write(path, EngineFixture.ModelPath, new ModelShape { Architecture = "qwen3", Layers = 1, Embedding = 64, Heads = 2, KeyValueHeads = 2, FeedForward = 64, Pooling = 4 });
        Assert.Equal(PoolingKind.Rank, ModelTraits.Read(path).Pooling);
    }

    [Fact]
    public async Task ASuffixFillsTheGapWithInfillTokens()
    {
        string path = Edit(i =>
        {
            i.Set("tokenizer.ggml.fim_pre_token_id", Prefix);
            i.Set("tokenizer.ggml.fim_suf_token_id", Suffix);
            i.Set("tokenizer.ggml.fim_mid_token_id", Middle);
        });
        await using EngineHost host = new(engine.Log, TimeProvider.System);
        host.SetModels([EngineFixture.Tiny() with { Path = path }]);
        GenerationRequest fill = new() { Prompt = "Count to ", Suffix = " please.", MaxTokens = 3, Sampling = SamplingOptions.Greedy, IgnoreEos = true };
        Answer filled = await EngineFixture.RunAsync(host, fill);
        int[] before = await host.TokenizeAsync("tiny", fill.Prompt, false, false, TestContext.Current.CancellationToken);
        int[] after = await host.TokenizeAsync("tiny", fill.Suffix, false, false, TestContext.Current.CancellationToken);
        Answer byHand = await EngineFixture.RunAsync(host, fill with
        {
            Prompt = null,
            Suffix = null,
            PromptTokens = (int[])[(int)Prefix, .. before, (int)Suffix, .. after, (int)Middle],
        });
        Assert.Equal(3 + before.Length + after.Length, filled.PromptTokens);
        Assert.Equal(byHand.Text, filled.Text);
    }

    [Fact]
    public async Task ASuffixWithoutInfillTokensIsRefused()
    {
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => engine.RunAsync(new GenerationRequest { Prompt = "a", Suffix = "b" }));
        Assert.Equal((EngineErrorKind.Unsupported, "suffix"), (e.Kind, e.Param));
    }

    private string Edit(Action<GgufImage> edit)
    {
        string path = Path.Combine(_folder, "edited.gguf");
        GgufImage image = GgufImage.Read(EngineFixture.ModelPath);
        edit(image);
        image.Write(path);
        return path;
    }
}
