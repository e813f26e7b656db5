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
    public async Task WithoutASecretNobodyJoins()
    {
        await using Fleet fleet = await Fleet.StartAsync([""]);
        Assert.Equal(404, (await fleet.Client.AskAsync("/register", Chat.Json("""{"name":"mac","endpoint":"http://127.0.0.1:1"}"""))).Status);
        Assert.Equal(404, (await fleet.Client.AskAsync("/heartbeat", Chat.Json("""{"name":"mac"}"""))).Status);
    }
}
