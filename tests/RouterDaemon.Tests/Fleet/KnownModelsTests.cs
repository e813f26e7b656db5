using RouterDaemon.Backends;
using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;
using RouterDaemon.Fleet;
using RouterDaemon.Fleet.Known;
using Xunit;

namespace RouterDaemon.Tests.Fleet;

/// <summary>The table of well-known models, and the fleet that is built with it.</summary>
public sealed class KnownModelsTests
{
    [Fact]
    public void TheTableIsSound()
    {
        Assert.True(DateOnly.TryParseExact(KnownModels.Date, "yyyy-MM-dd", out _));
        Assert.True(KnownModels.ByHost.Values.Sum(p => p.Models.Count) > 80);
        foreach (var (host, provider) in KnownModels.ByHost)
            foreach (var (name, model) in provider.Models)
            {
                var price = model.Price;
                Assert.True(price.InputUsdPerMillion is > 0 and < 200 && price.OutputUsdPerMillion is >= 0 and < 700, $"{host} {name}: price");
                Assert.True(model.Embeds || price.OutputUsdPerMillion >= price.InputUsdPerMillion * 0.99, $"{host} {name}: an answer costs less than its prompt");
                Assert.True((price.CachedInputUsdPerMillion ?? 0) <= price.InputUsdPerMillion, $"{host} {name}: the cached price is the higher one");
                Assert.True(model.ContextTokens is 0 or >= 2048, $"{host} {name}: context");
                Assert.True(provider.Serves(name), $"{host} {name} is in the table and under no_chat");
            }
    }

    [Fact]
    public void EveryProviderWithABuiltInAddressIsThere() =>
        Assert.All(KnownProviders.ById, p => Assert.NotNull(KnownModels.At(p.Value.Url)));

    [Theory]
    [InlineData("https://api.openai.com/v1", "gpt-4o-mini", 0.15)]
    [InlineData("https://api.openai.com/v1", "gpt-4o-mini-2024-07-18", 0.15)]
    [InlineData("https://API.openai.com/v1", "gpt-4o-2024-08-06", 2.5)]
    [InlineData("https://api.anthropic.com", "claude-sonnet-4-5-20250929", 3)]
    [InlineData("https://api.anthropic.com", "claude-sonnet-4-20250514", 3)]
    [InlineData("https://api.anthropic.com", "claude-3-7-sonnet-latest", 3)]
    [InlineData("https://generativelanguage.googleapis.com/v1beta/openai", "models/gemini-2.5-flash-preview-05-20", 0.3)]
    [InlineData("https://api.mistral.ai/v1", "mistral-large-2512", 0.5)]
    [InlineData("https://api.x.ai/v1", "grok-4-0709", 3)]
    public void ANameIsFoundWithAndWithoutItsDate(string url, string model, double inputUsd) =>
        Assert.Equal(inputUsd, KnownModels.At(new Uri(url))!.Find(model)!.Price.InputUsdPerMillion);

    [Theory]
    [InlineData("https://api.openai.com/v1", "gpt-4o-min")]
    [InlineData("https://api.openai.com/v1", "gpt-4o-mini-x")]
    [InlineData("https://api.openai.com/v1", "")]
    [InlineData("https://openrouter.ai/api/v1", "gpt-4o-mini")]
    public void OtherNamesAreNot(string url, string model) => Assert.Null(KnownModels.At(new Uri(url))!.Find(model));

    [Theory]
    [InlineData("http://127.0.0.1:8000/v1")]
    [InlineData("https://api.openai.com.evil.example/v1")]
    public void AServerOfOnesOwnIsNoProvider(string url) => Assert.Null(KnownModels.At(new Uri(url)));

    [Fact]
    public void ConfiguredBeforeListedBeforeKnown()
    {
        var configured = new PriceConfig { InputUsdPerMillion = 7, OutputUsdPerMillion = 8 };
        var listed = new PriceConfig { InputUsdPerMillion = 3, OutputUsdPerMillion = 4, CachedInputUsdPerMillion = 1 };
        var fleet = Build(
            new BackendConfig
            {
                Id = "openai",
                Url = new Uri("https://api.openai.com/v1"),
                Deployments = [new() { Model = "gpt-4o", Price = configured, ContextTokens = 5 }, new() { Model = "gpt-4.1" }, new() { Model = "gpt-5" }, new() { Model = "gpt-99" }],
            },
            new DiscoveredModel("gpt-4o", 77) { Price = listed }, new DiscoveredModel("gpt-4.1", 99) { Price = listed }, new DiscoveredModel("gpt-5", 0));
        Assert.Equal((7, 7, 8, 5), Facts(fleet, "gpt-4o/openai"));
        Assert.Equal((3, 1, 4, 99), Facts(fleet, "gpt-4.1/openai"));
        Assert.Equal((1.25, 0.125, 10, 400_000), Facts(fleet, "gpt-5/openai"));
        Assert.Equal((0, 0, 0, 0), Facts(fleet, "gpt-99/openai"));
    }

    [Fact]
    public void OfWhatAProviderListsTheModelsThatChatOrEmbedAreTaken()
    {
        var fleet = Build(
            new BackendConfig { Id = "openai", Url = new Uri("https://api.openai.com/v1") },
            [.. new[] { "gpt-4o-mini", "whisper-1", "dall-e-3", "gpt-4o-realtime-preview", "tts-1-hd", "omni-moderation-latest", "text-embedding-3-small" }.Select(id => new DiscoveredModel(id, 0))]);
        Assert.Equal(["gpt-4o-mini/openai", "text-embedding-3-small/openai"], fleet.Snapshot.Deployments.Select(d => d.Id));
        Assert.Equal(Capability.Embeddings, fleet.Snapshot.Deployments[1].Capabilities);
    }

    [Fact]
    public void AServerOfOnesOwnIsTakenAsItListsAndFree()
    {
        var fleet = Build(new BackendConfig { Id = "lab", Url = new Uri("http://10.0.0.5:8000/v1") }, new DiscoveredModel("gpt-4o-mini", 0), new DiscoveredModel("whisper-1", 0));
        Assert.Equal(2, fleet.Snapshot.Deployments.Length);
        Assert.Equal((0, 0, 0, 0), Facts(fleet, "gpt-4o-mini/lab"));
    }

    private static FleetState Build(BackendConfig backend, params DiscoveredModel[] discovered)
    {
        var builder = new FleetBuilder(new RouterdConfig(), 1, new Budgets(), (_, priors) => new DeploymentState(priors));
        builder.AddRemote(backend, BackendTable.Create(backend)!, discovered);
        return builder.Build();
    }

    private static (double Input, double Cached, double Output, int Context) Facts(FleetState fleet, string id)
    {
        var entry = Assert.Single(fleet.Snapshot.Deployments, d => d.Id == id);
        return (entry.PriceInputUsdPerMillion, entry.PriceCachedInputUsdPerMillion, entry.PriceOutputUsdPerMillion, entry.ContextTokens);
    }
}
