using System.Text;
using System.Text.Json;
using RouterDaemon.Backends;
using RouterDaemon.Backends.OpenAiCompatible;
using RouterDaemon.Core.Fleet;
using Xunit;

namespace RouterDaemon.Tests.Backends;

/// <summary>Model lists as vLLM, OpenRouter and other daemons of this kind write them.</summary>
public sealed class ModelListingTests
{
    [Fact]
    public void ContextAndPriceAreRead()
    {
        var models = Read("""
            {"object":"list","data":[
              {"id":"vllm","max_model_len":8192},
              {"id":"router/x","context_length":128000,"pricing":{"prompt":"0.0000025","completion":"0.00001","input_cache_read":"0.00000125","request":"0"}},
              {"id":"free","pricing":{"prompt":"0","completion":"0"}},
              {"id":"it depends","pricing":{"prompt":"-1","completion":"-1"}},
              {"id":"other units","pricing":{"input":3,"output":4}},
              {"id":"odd","max_model_len":"8192","pricing":"cheap","capabilities":"all"},
              {"id":7},{"no":"id"},"text",{"id":"vllm","max_model_len":1}]}
            """);
        Assert.Equal(["vllm", "router/x", "free", "it depends", "other units", "odd"], models.Select(m => m.Id));
        Assert.Equal([8192, 128000, 0, 0, 0, 0], models.Select(m => m.ContextTokens));
        var price = models[1].Price!;
        Assert.Equal((2.5, 1.25, 10), (Math.Round(price.InputUsdPerMillion, 9), Math.Round(price.CachedInputUsdPerMillion!.Value, 9), Math.Round(price.OutputUsdPerMillion, 9)));
        Assert.Equal((0, 0), (models[2].Price!.InputUsdPerMillion, models[2].Price!.OutputUsdPerMillion));
        Assert.All(models.Where(m => m.Id is "vllm" or "it depends" or "other units" or "odd"), m => Assert.Null(m.Price));
        Assert.All(models, m => Assert.Null(m.Capabilities));
    }

    [Fact]
    public void OfAnotherDaemonItsModelsAreTaken()
    {
        var models = Read("""
            {"data":[
              {"id":"auto","deployments":["qwen/local","tiny/local"]},
              {"id":"qwen","deployments":["qwen/local","qwen/api"]},
              {"id":"tiny","deployments":["tiny/local"]},
              {"id":"gone","deployments":[]},
              {"id":"qwen/local","model":"qwen","context_length":4096,"capabilities":["chat","tools","telepathy"],"price_usd_per_million":{"input":0,"cached_input":0,"output":0}},
              {"id":"qwen/api","model":"qwen","price_usd_per_million":{"input":1,"cached_input":0.5,"output":2}},
              {"id":"tiny/local","model":"tiny","last_resort":true,"price_usd_per_million":{"input":0,"cached_input":0,"output":0}}]}
            """);
        Assert.Equal(["auto", "qwen", "gone"], models.Select(m => m.Id));
        Assert.Equal((4096, Capability.Chat | Capability.Tools), (models[1].ContextTokens, models[1].Capabilities!.Value));
        Assert.Equal(0, models[1].Price!.InputUsdPerMillion);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"data":{}}""")]
    [InlineData("no")]
    public void AnythingElseIsRefused(string text) => Assert.ThrowsAny<JsonException>(() => Read(text));

    private static List<DiscoveredModel> Read(string json) => ModelListing.Read(Encoding.UTF8.GetBytes(json));
}
