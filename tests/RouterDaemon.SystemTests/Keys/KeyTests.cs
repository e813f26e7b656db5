using System.Net;
using System.Text.Json.Nodes;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Keys;

/// <summary>API keys over real sockets: who gets in, how much, and what stays secret.</summary>
public sealed class KeyTests : IAsyncLifetime
{
    private readonly TempFolder _home = new();
    private Fleet _fleet = null!;

    public async ValueTask InitializeAsync() => _fleet = await Fleet.StartAsync(["price: { input: 1000, output: 1000 }", "| trust: public"], home: _home.Path);

    public async ValueTask DisposeAsync()
    {
        await _fleet.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task TheFirstKeyClosesTheDoorAndARevokedOneStaysOut()
    {
        Assert.Equal(200, (await _fleet.Client.AskAsync(Chat.Body("m", "hi"))).Status);
        (string id, string key) = await MakeAsync("""{"name":"one"}""");
        Assert.Equal(401, (await _fleet.Client.AskAsync(Chat.Body("m", "hi"))).Status);
        Assert.Equal(401, (await AskAsync("rd-nobody")).Status);
        Assert.Equal(200, (await AskAsync(key)).Status);
        Assert.Equal(200, (await _fleet.Client.AskAsync(Chat.Body("m", "hi"), ("x-api-key", key))).Status);
        Assert.Equal(403, (int)(await SendAsync(HttpMethod.Get, "/admin/keys", key)).StatusCode);
        Assert.Equal(403, (int)(await SendAsync(HttpMethod.Get, "/context/tools", key)).StatusCode);
        Assert.Equal(200, (int)(await SendAsync(HttpMethod.Get, "/v1/models", key)).StatusCode);

        using var db = new ContextDb(_fleet.Daemon.Home);
        await Eventually.TrueAsync(
            () => db.Number($"SELECT count(*) FROM r_outcomes WHERE key_id = '{id}' AND user_id = 'one'") == 2, TimeSpan.FromSeconds(10), () => "the key's requests are not recorded under it");
        await _fleet.RestartAsync();
        Assert.Equal(200, (await AskAsync(key)).Status);
        Assert.Equal(200, (int)(await SendAsync(HttpMethod.Delete, "/admin/keys/" + id, null)).StatusCode);
        await MakeAsync("""{"name":"two"}""");
        ChatReply revoked = await AskAsync(key);
        Assert.Equal(401, revoked.Status);
        Assert.Contains("revoked", revoked.Body);
    }

    /// <summary>1,000 at once on a limit of 100: exactly 100 reach an upstream, and the refused say when to come back.</summary>
    [Fact]
    public async Task ABurstNeverPassesTheLimitOfRequests()
    {
        (_, string key) = await MakeAsync("""{"name":"burst","limits":{"requests_per_minute":100}}""");
        ChatReply[] replies = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => AskAsync(key)));
        Assert.Equal((100, 900), (replies.Count(r => r.Status == 200), replies.Count(r => r.Status == 429)));
        Assert.Equal(100, _fleet.Upstreams.Sum(u => u.Posts.Count));
        ChatReply refused = replies.First(r => r.Status == 429);
        Assert.InRange(int.Parse(refused.Header("retry-after")!), 1, 61);
        Assert.Equal(("100", "0"), (refused.Header("x-ratelimit-limit-requests"), refused.Header("x-ratelimit-remaining-requests")));
        Assert.Contains(replies, r => r.Status == 200 && r.Header("x-ratelimit-remaining-requests") == "99");
    }

    /// <summary>Each request sets its upper bound aside, so what is used at the end stays below the limit; what was not used is free again.</summary>
    [Fact]
    public async Task ABurstNeverPassesTheLimitOfTokensAndTheRestIsRefunded()
    {
        foreach (MockUpstream upstream in _fleet.Upstreams)
            upstream.Default = MockBehaviour.Ok("ok") with { PromptTokens = 10 };
        (_, string key) = await MakeAsync("""{"name":"tokens","limits":{"tokens_per_minute":20000}}""");
        int used = 0, served = 0;
        ChatReply[] replies = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => AskAsync(key, ("max_tokens", 1000))));
        foreach (ChatReply reply in replies.Where(r => r.Status == 200))
        {
            served++;
            used += reply.Json.GetProperty("usage").GetProperty("total_tokens").GetInt32();
        }

        Assert.InRange(used, 1, 20_000);
        Assert.True(served < 1000, "the limit let everything in");
        // All have ended: only what was used still counts, so one more fits exactly.
        ChatReply next = await AskAsync(key, ("max_tokens", 1));
        Assert.Equal(200, next.Status);
        int left = int.Parse(next.Header("x-ratelimit-remaining-tokens")!);
        Assert.InRange(left, 20_000 - used - 300, 20_000 - used);
    }

    [Fact]
    public async Task FailuresAndAbortsGiveEverythingBack()
    {
        (_, string key) = await MakeAsync("""{"name":"refund","limits":{"requests_per_minute":1,"max_parallel":1,"tokens_per_minute":3000}}""");
        foreach (MockUpstream upstream in _fleet.Upstreams)
            upstream.Default = MockBehaviour.Ok("late") with { LatencyMs = 20_000 };
        using (var gone = new CancellationTokenSource(300))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                using HttpRequestMessage request = Request(HttpMethod.Post, Chat.Path, key);
                request.Content = Chat.Json(Chat.Body("pool", "hi"));
                await _fleet.Client.SendAsync(request, gone.Token);
            });
        }

        foreach (MockUpstream upstream in _fleet.Upstreams)
            upstream.Default = MockBehaviour.Error(500, "broken");
        // The daemon hears of the abort a moment after the client has left.
        ChatReply last = null!;
        await Eventually.TrueAsync(async () => (last = await AskAsync(key)).Status >= 500, TimeSpan.FromSeconds(15), () => $"what an abort had set aside did not come back: {last}\n{_fleet.Daemon.Log}");
        for (int i = 0; i < 5; i++)
            Assert.InRange((await AskAsync(key)).Status, 500, 599);
        foreach (MockUpstream upstream in _fleet.Upstreams)
            upstream.Default = MockBehaviour.Ok("fine");
        await Eventually.TrueAsync(async () => (await AskAsync(key, model: "pool")).Status == 200, TimeSpan.FromSeconds(15), () => "what failures had set aside did not come back");
        Assert.Equal(429, (await AskAsync(key)).Status);
    }

    [Fact]
    public async Task ModelsPrivacyAndMoneyAreWalls()
    {
        (_, string one) = await MakeAsync("""{"name":"one","limits":{"models":["m/a"]}}""");
        Assert.Equal((200, 403, 403), ((await AskAsync(one, model: "m/a")).Status, (await AskAsync(one, model: "m/b")).Status, (await AskAsync(one, model: "pool")).Status));
        string listed = await (await SendAsync(HttpMethod.Get, "/v1/models", one)).Content.ReadAsStringAsync();
        Assert.Contains("\"m/a\"", listed);
        Assert.DoesNotContain("\"m/b\"", listed);
        Assert.DoesNotContain("pool", listed + await (await SendAsync(HttpMethod.Get, "/api/tags", one)).Content.ReadAsStringAsync());
        Assert.Equal(404, (int)(await SendAsync(HttpMethod.Get, "/v1/models/pool", one)).StatusCode);

        (_, string own) = await MakeAsync("""{"name":"own","limits":{"privacy":"private"}}""");
        for (int i = 0; i < 5; i++)
            Assert.Equal("m/a", (await AskAsync(own, model: "pool")).Header("x-routerd-deployment"));
        Assert.Equal(403, (await AskAsync(own, model: "m/b")).Status);

        // A thousand dollars a million tokens on m/a; nothing on m/b. The bound of an answer without a limit is 4,096 tokens: over 4 USD.
        (_, string poor) = await MakeAsync("""{"name":"poor","limits":{"budget_usd_per_day":2}}""");
        ChatReply broke = await AskAsync(poor, model: "m/a");
        Assert.Equal(402, broke.Status);
        Assert.Equal("m/b", (await AskAsync(poor, model: "pool")).Header("x-routerd-deployment"));
        Assert.Equal(200, (await AskAsync(poor, ("max_tokens", 10), model: "m/a")).Status);
        Assert.Contains("\"max_tokens\":4096", _fleet[1].Posts[^1].BodyText);
    }

    [Fact]
    public async Task AConversationIsItsOwnKeysAlone()
    {
        (string id, string one) = await MakeAsync("""{"name":"one"}""");
        (_, string two) = await MakeAsync("""{"name":"two"}""");
        Task<ChatReply> Ask(string key, string previous) => _fleet.Client.AskAsync(
            "/v1/responses", Chat.Json($$"""{"model":"m","input":"hi"{{(previous.Length > 0 ? $",'previous_response_id':'{previous}'".Replace('\'', '"') : "")}}}"""), ("authorization", "Bearer " + key));
        string response = (await Ask(one, "")).Json.GetProperty("id").GetString()!;
        Assert.Equal(200, (await Ask(one, response)).Status);
        async Task<int> Status(HttpMethod method, string key, string id)
        {
            using var request = new HttpRequestMessage(method, "/v1/responses/" + Uri.EscapeDataString(id));
            request.Headers.Authorization = new("Bearer", key);
            using HttpResponseMessage reply = await _fleet.Client.SendAsync(request);
            return (int)reply.StatusCode;
        }

        Assert.Equal((200, 404, 404, 404), (await Status(HttpMethod.Get, one, response), await Status(HttpMethod.Get, two, response), await Status(HttpMethod.Get, two, $"{id}/{response}"), await Status(HttpMethod.Delete, two, response)));
        Assert.Equal((400, 400, 400), ((await Ask(two, response)).Status, (await Ask(two, $"{id}/{response}")).Status, (await Ask(one, $"{id}/{response}")).Status));
        Assert.Equal((200, 404, 404), (await Status(HttpMethod.Delete, one, response), await Status(HttpMethod.Delete, one, response), await Status(HttpMethod.Get, one, response)));
        Assert.Equal(400, (await Ask(one, response)).Status);
    }

    [Fact]
    public async Task NoKeyIsInAnyLogErrorOrFile()
    {
        (_, string key) = await MakeAsync("""{"name":"secret","limits":{"requests_per_minute":2}}""");
        string refusals = (await AskAsync(key)).Body + (await AskAsync(key, model: "nope")).Body + (await AskAsync(key)).Body + (await AskAsync(key)).Body + (await AskAsync(key + "x")).Body;
        string secret = key[8..];
        Assert.DoesNotContain(secret, refusals);
        Assert.DoesNotContain(secret, string.Concat(_fleet.Upstreams.SelectMany(u => u.Posts).Select(p => string.Join(' ', p.Headers) + p.BodyText)));
        _fleet.Daemon.Signal(DaemonProcess.SigTerm);
        await _fleet.Daemon.WaitForExitAsync(TimeSpan.FromSeconds(15));
        Assert.DoesNotContain(secret, _fleet.Daemon.Log);
        foreach (string file in Directory.EnumerateFiles(_fleet.Daemon.Home, "*", SearchOption.AllDirectories))
            Assert.False(System.Text.Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)).Contains(secret, StringComparison.Ordinal), file);
    }

    [Fact]
    public async Task KeysAreMadeListedAndRevokedFromTheCommandLine()
    {
        using var home = new TempFolder();
        Task<(int ExitCode, string Output, string Error)> Run(params string[] arguments) =>
            DaemonBinary.RunAsync(new DaemonOptions { Home = home.Path, Arguments = arguments, Environment = new Dictionary<string, string> { ["ROUTERD_LISTEN"] = $"http://127.0.0.1:{DaemonBinary.FreePort()}" } }, TimeSpan.FromSeconds(20));
        (int exit, string key, string error) = await Run("keys", "create", "laptop", "--requests-per-minute", "9", "--tier", "premium", "--expires-in", "30d");
        Assert.True(exit == 0, error);
        Assert.StartsWith("rd-", key);
        (exit, string list, _) = await Run("keys", "list");
        Assert.Equal(0, exit);
        Assert.Contains("requests_per_minute 9", list);
        Assert.DoesNotContain(key.Trim(), list);
        string id = list.Split('\n')[1].Split(' ')[0];
        Assert.Equal(0, (await Run("keys", "revoke", id)).ExitCode);
        Assert.Equal(1, (await Run("keys", "revoke", id)).ExitCode);
        Assert.Contains("revoked", (await Run("keys", "list")).Output);
        (exit, _, error) = await Run("keys", "create", "x", "--privacy", "secret");
        Assert.Equal(2, exit);
        Assert.Contains("privacy", error);
    }

    private async Task<(string Id, string Key)> MakeAsync(string body)
    {
        using HttpRequestMessage request = Request(HttpMethod.Post, "/admin/keys", null);
        request.Content = Chat.Json(body);
        using HttpResponseMessage response = await _fleet.Client.SendAsync(request);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.Created, text);
        JsonNode made = JsonNode.Parse(text)!;
        return ((string)made["id"]!, (string)made["key"]!);
    }

    private Task<ChatReply> AskAsync(string key, (string Name, JsonNode? Value) member = default, string model = "m")
    {
        JsonObject body = member.Name is null ? Chat.Body(model, "hi") : Chat.Body(model, "hi", member);
        return _fleet.Client.AskAsync(body, ("authorization", "Bearer " + key));
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? key) => _fleet.Client.SendAsync(Request(method, path, key));

    private static HttpRequestMessage Request(HttpMethod method, string path, string? key)
    {
        var request = new HttpRequestMessage(method, path);
        if (key is not null)
            request.Headers.TryAddWithoutValidation("authorization", "Bearer " + key);
        return request;
    }
}
