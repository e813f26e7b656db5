using System.Text.Json;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Http;
using RouterDaemon.Keys;
using RouterDaemon.Store;
using RouterDaemon.Tests.Store;
using Xunit;

namespace RouterDaemon.Tests.Keys;

public sealed class KeyRegistryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Path => _folder.File("models.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AKeyIsFoundAgainAfterARestartAndIsNowhereInTheFile()
    {
        string text;
        await using (var registry = new KeyRegistry(Path, TimeProvider.System))
        {
            Assert.False(File.Exists(Path));
            (ApiKey key, text) = await registry.CreateAsync(new NewKey { Name = "n", UserId = "u", Limits = new KeyLimits { Rate = new RateLimits { RequestsPerMinute = 3 }, Models = ["a*"] } });
            Assert.StartsWith("rd-", text);
            Assert.Equal(46, text.Length);
            Assert.Same(key, registry.Find(text));
            Assert.Null(registry.Find(text + "x"));
            Assert.Null(registry.Find(text.AsSpan(0, text.Length - 1)));
            Assert.Null(registry.Find(""));
            Assert.Null(registry.Find(new string('k', 10_000)));
        }

        await using (var registry = new KeyRegistry(Path, TimeProvider.System))
        {
            ApiKey key = Assert.IsType<ApiKey>(registry.Find(text));
            Assert.Equal((3, "a*", 1), (key.Limits.Rate.RequestsPerMinute, key.Limits.Models[0], registry.Count));
            Assert.True(await registry.RevokeAsync(key.Row.Id));
            Assert.False(await registry.RevokeAsync(key.Row.Id));
            Assert.Equal(0, registry.Count);
            Assert.False(registry.Find(text)!.IsLive(DateTimeOffset.UtcNow));
        }

        foreach (string file in Directory.GetFiles(_folder.Path))
            Assert.DoesNotContain(text[8..], System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)));
        Assert.Equal(0, ModelStore.CountKeys(Path));
    }

    [Theory]
    [InlineData("""{"requests_per_minute":0}""", "requests_per_minute")]
    [InlineData("""{"requests_per_minute":1.5}""", "requests_per_minute")]
    [InlineData("""{"tokens_per_minute":"9"}""", "tokens_per_minute")]
    [InlineData("""{"max_parallel":-1}""", "max_parallel")]
    [InlineData("""{"budget_usd_per_day":-1}""", "budget_usd_per_day")]
    [InlineData("""{"budget_usd_per_month":true}""", "budget_usd_per_month")]
    [InlineData("""{"models":[]}""", "models")]
    [InlineData("""{"models":["a",3]}""", "models")]
    [InlineData("""{"privacy":"secret"}""", "privacy")]
    [InlineData("""{"max_output_tokens":0}""", "max_output_tokens")]
    [InlineData("""{"requests_per_day":1}""", "requests_per_day")]
    [InlineData("""{"per_model":{"m":{"requests":1}}}""", "per_model.m.requests")]
    [InlineData("""{"per_model":[]}""", "per_model")]
    [InlineData("[]", "limits")]
    public void ALimitThatIsNotUnderstoodIsRefusedByName(string json, string param)
    {
        using var document = JsonDocument.Parse(json);
        var refused = Assert.Throws<ApiException>(() => KeyLimitsJson.Read(document.RootElement));
        Assert.Equal((400, param), (refused.Error.Status, refused.Error.Param));
    }

    [Fact]
    public void LimitsAreReadAsTheyAreWritten()
    {
        const string text = """{"requests_per_minute":1,"tokens_per_minute":2,"max_parallel":3,"budget_usd_per_day":0,"budget_usd_per_month":4.5,"models":["a","b*"],"privacy":"private","max_output_tokens":9,"per_model":{"m":{"max_parallel":1}}}""";
        using var document = JsonDocument.Parse(text);
        KeyLimits limits = KeyLimitsJson.Read(document.RootElement);
        Assert.Equal(TrustLevel.Private, limits.Privacy);
        Assert.Equal(text, KeyLimitsJson.ToText(limits));
        Assert.Equal("{}", KeyLimitsJson.ToText(KeyLimits.None));
    }
}
