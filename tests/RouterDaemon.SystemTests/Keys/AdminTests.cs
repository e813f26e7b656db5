using System.Text.Json;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Keys;

/// <summary><c>/admin/*</c>: draining, reloading, looking.</summary>
public sealed class AdminTests : IAsyncLifetime
{
    private Fleet _fleet = null!;

    public async ValueTask InitializeAsync() => _fleet = await Fleet.StartAsync(["", ""]);

    public async ValueTask DisposeAsync() => await _fleet.DisposeAsync();

    [Fact]
    public async Task ADrainedDeploymentGetsNothingNewUntilItIsPutBack()
    {
        Assert.True((await PostAsync("/admin/drain/m/a")).GetProperty("drained").GetBoolean());
        for (int i = 0; i < 20; i++)
            Assert.Equal("m/b", await _fleet.ChooseAsync());
        ChatReply none = await _fleet.Client.AskAsync(Chat.Body("m/a", "hi"));
        Assert.Equal(503, none.Status);
        Assert.Contains("drained", none.Body);
        Assert.NotNull(none.Header("retry-after"));
        Assert.False((await PostAsync("/admin/undrain/m/a")).GetProperty("drained").GetBoolean());
        Assert.Equal("m/a", await _fleet.ChooseAsync("m/a"));
        Assert.Equal(404, (int)(await _fleet.Client.PostAsync("/admin/drain/nope", null)).StatusCode);
    }

    [Fact]
    public async Task EverythingCanBeLookedAt()
    {
        await _fleet.ChooseAsync();
        JsonElement first = (await GetAsync("/admin/deployments")).GetProperty("deployments")[0];
        Assert.Equal(("m/a", "closed", false), (first.GetProperty("id").GetString(), first.GetProperty("breaker").GetString(), first.GetProperty("drained").GetBoolean()));
        Assert.Equal(JsonValueKind.Array, (await GetAsync("/admin/slots")).GetProperty("models").ValueKind);
        Assert.Equal(JsonValueKind.Array, (await GetAsync("/admin/config")).GetProperty("backends").ValueKind);
        await Eventually.TrueAsync(async () => (await _fleet.Client.GetStringAsync("/admin/decisions?limit=5")).Contains("m/", StringComparison.Ordinal), TimeSpan.FromSeconds(10), () => "no decision is listed");
        Assert.Equal(400, (int)(await _fleet.Client.GetAsync("/admin/decisions?limit=0")).StatusCode);
    }

    [Fact]
    public async Task ABrokenFileIsRefusedWithItsFaultsAndChangesNothing()
    {
        string file = Path.Combine(_fleet.Daemon.Home, "routerd.yaml"), good = await File.ReadAllTextAsync(file);
        Assert.True((await PostAsync("/admin/reload")).GetProperty("reloaded").GetBoolean());
        await File.WriteAllTextAsync(file, good + "nonsense: 1\n");
        using HttpResponseMessage refused = await _fleet.Client.PostAsync("/admin/reload", null);
        Assert.Equal(422, (int)refused.StatusCode);
        Assert.Contains("nonsense", await refused.Content.ReadAsStringAsync());
        Assert.Equal(200, (await _fleet.Client.AskAsync(Chat.Body("m", "hi"))).Status);
    }

    private async Task<JsonElement> PostAsync(string path)
    {
        using HttpResponseMessage response = await _fleet.Client.PostAsync(path, null);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonDocument.Parse(text).RootElement;
    }

    private async Task<JsonElement> GetAsync(string path) => JsonDocument.Parse(await _fleet.Client.GetStringAsync(path)).RootElement;
}
