using RouterDaemon.Engine;
using Xunit;

namespace RouterDaemon.Tests.Engine;

[Collection("engine")]
public sealed class SamplingTests(EngineFixture engine)
{
    public static readonly TheoryData<string, SamplingOptions> Variants = new()
    {
        { "dry", new SamplingOptions { Seed = 1, DryMultiplier = 0.8f } },
        { "dry greedy", new SamplingOptions { Temperature = 0, DryMultiplier = 0.8f, DryLastTokens = 64 } },
        { "xtc", new SamplingOptions { Seed = 1, XtcProbability = 0.5f } },
        { "sigma", new SamplingOptions { Seed = 1, TopNSigma = 1.5f } },
        { "dynamic temperature", new SamplingOptions { Seed = 1, DynamicTemperatureRange = 0.5f } },
        { "mirostat", new SamplingOptions { Seed = 1, Mirostat = 1 } },
        { "mirostat 2", new SamplingOptions { Seed = 1, Mirostat = 2, MirostatTau = 3 } },
        { "typical", new SamplingOptions { Seed = 1, TypicalP = 0.7f } },
    };

    [Theory]
    [MemberData(nameof(Variants), DisableDiscoveryEnumeration = true)]
    public async Task EveryMethodGivesTheSameTextForTheSameSeed(string name, SamplingOptions sampling)
    {
        GenerationRequest request = EngineFixture.Ask("Tell me a story about a dragon.") with { Sampling = sampling, MaxTokens = 60 };
        Answer first = await engine.RunAsync(request, "exact");
        Answer second = await engine.RunAsync(request, "exact");
        Assert.True(first.Text.Length > 0, name);
        Assert.Equal(first.Text, second.Text);
    }

    [Fact]
    public async Task DryBreaksARepetition()
    {
        GenerationRequest loop = EngineFixture.Ask("Count to 10.") with { IgnoreEos = true, MaxTokens = 300 };
        int Distinct(Answer a) => a.Text.Split(' ').Distinct().Count();
        Answer plain = await engine.RunAsync(loop, "exact");
        Answer dry = await engine.RunAsync(loop with { Sampling = new SamplingOptions { Temperature = 0, DryMultiplier = 2 } }, "exact");
        Assert.True(Distinct(dry) > Distinct(plain), $"{Distinct(dry)} > {Distinct(plain)}");
    }
}
