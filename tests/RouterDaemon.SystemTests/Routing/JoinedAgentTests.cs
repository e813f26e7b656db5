using System.Net.Http.Json;
using System.Text.Json;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Routing;

/// <summary>Remote agents that join over <c>/register</c>.</summary>
public sealed class JoinedAgentTests
{
    private static readonly Dictionary<string, string> Secret = new() { ["AGENTS_SECRET"] = "s3cret-of-agents" };

    [Fact]
    public async Task AnAgentJoinsServesAndNeverShadowsWhatIsConfigured()
    {
        await using Fleet fleet = await Fleet.StartAsync([""], "registration: { secret_env: AGENTS_SECRET }\n", environment: Secret);
        await using MockUpstream agent = MockUpstream.Start();
        Task<ChatReply> Post(string path, string body, string secret = "s3cret-of-agents") =>
            fleet.Client.AskAsync(path, Chat.Json(body), ("authorization", "Bearer " + secret));
        string register = $$"""{"name":"mac","endpoint":"{{agent.Url}}","models":["new","m"]}""";
        Assert.Equal(401, (await Post("/register", register, "wrong")).Status);
        Assert.Equal(404, (await Post("/heartbeat", """{"name":"mac"}""")).Status);
        Assert.Equal(200, (await Post("/register", register)).Status);
        Assert.Equal(200, (await Post("/heartbeat", """{"name":"mac"}""")).Status);

        Assert.Equal("new/mac", await fleet.ChooseAsync("new"));
        for (int i = 0; i < 10; i++)
            Assert.Equal("m/a", await fleet.ChooseAsync("m"));
        Assert.Equal(404, (await fleet.Client.AskAsync(Chat.Body("m/mac", "hi"))).Status);
        // Trust public: what must stay private does not go there.
        Assert.Equal(403, (await fleet.Client.AskAsync(Chat.Body("new", "hi"), ("x-routerd-privacy", "private"))).Status);

        Assert.Equal(409, (await Post("/register", $$"""{"name":"a","endpoint":"{{agent.Url}}","models":["x"]}""")).Status);
        foreach (string bad in new[] { """{"endpoint":"http://h"}""", """{"name":"local","endpoint":"http://h"}""", """{"name":"b","endpoint":"ftp://h"}""", """{"name":"b","endpoint":"http://u:p@h"}""", """{"name":"b","endpoint":"http://h","models":"m"}""", """{"name":"b","endpoint":"http://h","models":[""]}""" })
            Assert.Equal(400, (await Post("/register", bad)).Status);
        Assert.DoesNotContain("s3cret-of-agents", fleet.Daemon.Log);
    }

    [Fact]
    public async Task AnotherDaemonJoinsByItselfAndAgainWhenItWasForgotten()
    {
        using var home = new TempFolder();
        await using Fleet router = await Fleet.StartAsync([""], "registration: { secret_env: AGENTS_SECRET }\n", home.Path, environment: Secret);
        await using MockUpstream behind = MockUpstream.Start();
        int port = DaemonBinary.FreePort();
        await using DaemonProcess agent = await DaemonProcess.StartAsync(new DaemonOptions
        {
            NoModel = true,
            Port = port,
            Config = $"backends: [{{ id: inner, kind: openai, url: \"{behind.Url}v1\", deployments: [{{ model: theirs, price: {{ input: 2, output: 3 }} }}] }}]\n"
                + $"registration: {{ secret_env: AGENTS_SECRET, join: {{ url: \"{router.Daemon.Url}\", endpoint: \"http://127.0.0.1:{port}\", name: mac, heartbeat: 1s }} }}\n",
            Environment = Secret,
        });
        Task Joined() => Eventually.TrueAsync(async () => await router.ChooseAsync("theirs") == "theirs/mac", TimeSpan.FromSeconds(15), () => agent.Log + router.Daemon.Log);
        await Joined();
        JsonElement listed = await router.Client.GetFromJsonAsync<JsonElement>("/v1/models/theirs%2Fmac");
        Assert.Equal((2, "public"), (listed.GetProperty("price_usd_per_million").GetProperty("input").GetDouble(), listed.GetProperty("trust").GetString()));
        await router.RestartAsync(Secret);
        await Joined();
        Assert.Equal(2, agent.Log.Split("joined the router at").Length - 1);
        Assert.DoesNotContain("s3cret-of-agents", agent.Log + router.Daemon.Log);
    }

    [Fact]
    public async Task AWrongSecretIsSaidOnceAndTriedAgain()
    {
        await using Fleet router = await Fleet.StartAsync([""], "registration: { secret_env: AGENTS_SECRET }\n", environment: Secret);
        await using DaemonProcess agent = await DaemonProcess.StartAsync(new DaemonOptions
        {
            NoModel = true,
            Config = $"registration: {{ secret_env: AGENTS_SECRET, join: {{ url: \"{router.Daemon.Url}\", endpoint: \"http://127.0.0.1:1\", heartbeat: 1s }} }}\n",
            Environment = new Dictionary<string, string> { ["AGENTS_SECRET"] = "wrong" },
        });
        await agent.WaitForLogAsync("it does not know the secret", TimeSpan.FromSeconds(10));
        await Task.Delay(2500);
        Assert.Equal(1, agent.Log.Split("cannot join the router").Length - 1);
    }

    [Fact]
    public async Task WithoutASecretNobodyJoins()
    {
        await using Fleet fleet = await Fleet.StartAsync([""]);
        Assert.Equal(404, (await fleet.Client.AskAsync("/register", Chat.Json("""{"name":"mac","endpoint":"http://127.0.0.1:1"}"""))).Status);
        Assert.Equal(404, (await fleet.Client.AskAsync("/heartbeat", Chat.Json("""{"name":"mac"}"""))).Status);
    }
}
