using System.Text.Json.Nodes;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Routing;

/// <summary>What a request must not be sent to, whatever it costs: nothing is opened there, not even a socket.</summary>
public sealed class HardRuleTests
{
    private const string Image = "data:image/png;base64,iVBORw0KGgo=";

    [Theory]
    [InlineData("private", "header")]
    [InlineData("device", "header")]
    [InlineData("private", "body")]
    [InlineData("device", "body")]
    public async Task APrivateRequestNeverSpills(string floor, string by)
    {
        await using Fleet fleet = await Fleet.StartAsync(["| trust: public", "| trust: public"]);
        JsonObject body = Chat.Body("pool", "secret", ("fallbacks", new JsonArray("m/b", "m")));
        if (by == "body")
            body["route"] = new JsonObject { ["privacy"] = floor };
        ChatReply reply = await fleet.Client.AskAsync(body, by == "header" ? [("x-routerd-privacy", floor)] : []);
        Assert.True(reply.Status == 403, reply.ToString());
        StreamReply stream = await fleet.Client.StreamAsync(Chat.Body("pool", "secret", ("route", new JsonObject { ["privacy"] = floor })));
        Assert.Equal(403, stream.Status);
        Assert.All(fleet.Upstreams, u => Assert.Equal(0, u.TotalConnections));
    }

    [Fact]
    public async Task APrivateRequestDoesNotSpillWhenItsOnlyDeploymentFails()
    {
        await using Fleet fleet = await Fleet.StartAsync(["| trust: private", "| trust: public"]);
        fleet[0].Default = Bench.Mock.MockBehaviour.Error(500, "boom");
        for (int i = 0; i < 8; i++)
        {
            ChatReply reply = await fleet.Client.AskAsync(Chat.Body("pool", "secret"), ("x-routerd-privacy", "private"));
            Assert.True(reply.Status is 502 or 503, reply.ToString());
        }

        Assert.Equal(0, fleet[1].TotalConnections);
        Assert.NotEmpty(fleet[0].Posts);
    }

    [Theory]
    [InlineData("tools")]
    [InlineData("vision")]
    [InlineData("json_schema")]
    public async Task ACapabilityIsNeeded(string capability)
    {
        await using Fleet fleet = await Fleet.StartAsync(["capabilities: [chat], quality: 1", $"capabilities: [chat, {capability}], quality: 0.1", "capabilities: [chat], quality: 1"]);
        JsonObject body = Demand(capability);
        for (int i = 0; i < 3; i++)
        {
            ChatReply reply = await fleet.Client.AskAsync(body);
            Assert.True(reply.Status == 200 && reply.Header("x-routerd-deployment") == "m/b", reply.ToString());
        }

        body["model"] = "m/a";
        Assert.Equal(422, (await fleet.Client.AskAsync(body)).Status);
        Assert.Equal(0, fleet[0].TotalConnections + fleet[2].TotalConnections);
    }

    [Fact]
    public async Task PromptAndAnswerMustFitTheContext()
    {
        await using Fleet fleet = await Fleet.StartAsync(["context: 256, quality: 1", "context: 8192, quality: 0.1"]);
        Assert.Equal("m/a", await fleet.ChooseAsync());
        string prompt = string.Concat(Enumerable.Repeat("one two three four ", 150));
        ChatReply large = await fleet.Client.AskAsync(Chat.Body("pool", prompt));
        Assert.True(large.Header("x-routerd-deployment") == "m/b", large.ToString());
        ChatReply answer = await fleet.Client.AskAsync(Chat.Body("pool", "hi", ("max_tokens", 1000)));
        Assert.True(answer.Header("x-routerd-deployment") == "m/b", answer.ToString());
        ChatReply impossible = await fleet.Client.AskAsync(Chat.Body("m/a", prompt));
        Assert.Equal(400, impossible.Status);
        Assert.Contains("context_length_exceeded", impossible.ToString(), StringComparison.Ordinal);
        Assert.Single(fleet[0].Posts);
    }

    [Fact]
    public async Task TagsAreDemandedTogether()
    {
        await using Fleet fleet = await Fleet.StartAsync(["tags: [eu], quality: 1", "tags: [eu, gpu], quality: 0.1", "quality: 1"]);
        for (int i = 0; i < 3; i++)
            Assert.Equal("m/b", await fleet.ChooseAsync("pool", ("x-routerd-tags", "eu, gpu")));
        Assert.Equal("422", await fleet.ChooseAsync("pool", ("x-routerd-tags", "mars")));
        Assert.Equal("422", await fleet.ChooseAsync("m/c", ("x-routerd-tags", "eu")));
        Assert.Equal(0, fleet[0].TotalConnections + fleet[2].TotalConnections);
    }

    [Fact]
    public async Task ARequestsOwnCostLimitHolds()
    {
        await using Fleet fleet = await Fleet.StartAsync(["quality: 1, price: { input: 1000, output: 1000 }", "quality: 0.1"]);
        Assert.Equal("m/b", await fleet.ChooseAsync("pool", ("x-routerd-max-cost-usd", "0.0001")));
        ChatReply refused = await fleet.Client.AskAsync(Chat.Body("m/a", "hi", ("max_tokens", 10)), ("x-routerd-max-cost-usd", "0.0001"));
        Assert.True(refused.Status == 422, refused.ToString());
        ChatReply allowed = await fleet.Client.AskAsync(Chat.Body("m/a", "hi", ("max_tokens", 10)), ("x-routerd-max-cost-usd", "1"));
        Assert.True(allowed.Status == 200, allowed.ToString());
        Assert.Single(fleet[0].Posts);
    }

    private static JsonObject Demand(string capability) => capability switch
    {
        "tools" => Chat.Body("pool", "hi", ("tools", JsonNode.Parse("""[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]"""))),
        "vision" => new JsonObject
        {
            ["model"] = "pool",
            ["messages"] = new JsonArray(new JsonObject
            {
                ["role"] = "user",
                ["content"] = new JsonArray(new JsonObject { ["type"] = "image_url", ["image_url"] = new JsonObject { ["url"] = Image } }),
            }),
        },
        _ => Chat.Body("pool", "hi", ("response_format", JsonNode.Parse("""{"type":"json_schema","json_schema":{"name":"s","schema":{"type":"object"}}}"""))),
    };
}
