using System.Text;
using System.Text.Json.Nodes;
using RouterDaemon.Agents.Mcp;
using Xunit;

namespace RouterDaemon.Tests.Agents.Mcp;

/// <summary>The protocol without a transport: both eras, errors, hostile messages.</summary>
public sealed class McpServerTests(Demo demo) : IClassFixture<Demo>
{
    private const string Meta = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}";

    private readonly McpServer _server = new(demo.Registry, "9.9");

    [Theory]
    [InlineData("2024-11-05", "2024-11-05")]
    [InlineData("2025-03-26", "2025-03-26")]
    [InlineData("2025-06-18", "2025-06-18")]
    [InlineData("2025-11-25", "2025-11-25")]
    [InlineData("2026-07-28", "2025-11-25")]
    [InlineData("1999-01-01", "2025-11-25")]
    public async Task InitializeAgreesOnARevision(string asked, string agreed)
    {
        var answer = await AskAsync($$$"""{"jsonrpc":"2.0","id":7,"method":"initialize","params":{"protocolVersion":"{{{asked}}}"}}""");
        Assert.Equal(7, (int)answer["id"]!);
        Assert.Equal(agreed, (string?)answer["result"]!["protocolVersion"]);
        Assert.Equal("9.9", (string?)answer["result"]!["serverInfo"]!["version"]);
    }

    [Fact]
    public async Task DiscoverNamesRevisionsAndTools()
    {
        var result = (await AskAsync($$$"""{"jsonrpc":"2.0","id":"d","method":"server/discover","params":{{{{Meta}}}}}"""))["result"]!;
        Assert.Equal(McpServer.Versions, result["supportedVersions"]!.AsArray().Select(v => (string)v!));
        Assert.Equal("complete", (string?)result["resultType"]);
        Assert.NotNull(result["capabilities"]!["tools"]);
    }

    [Fact]
    public async Task ListsEveryToolOfTheRegistry()
    {
        var tools = (await AskAsync("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}"""))["result"]!["tools"]!.AsArray();
        Assert.Equal(demo.Registry.All.Select(t => t.Name), tools.Select(t => (string)t!["name"]!));
        Assert.All(tools, t => Assert.Equal("object", (string?)t!["inputSchema"]!["type"]));
    }

    [Fact]
    public async Task AToolsErrorIsAResult()
    {
        var result = (await AskAsync("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_user_context","arguments":{"user_id":"nobody"}}}"""))["result"]!;
        Assert.True((bool)result["isError"]!);
        Assert.Equal("NOT_FOUND", (string?)result["structuredContent"]!["code"]);
        Assert.Equal(result["structuredContent"]!.ToJsonString(), JsonNode.Parse((string)result["content"]![0]!["text"]!)!.ToJsonString());
    }

    [Theory]
    [InlineData("{", -32700, 400)]
    [InlineData("\"x\"", -32600, 400)]
    [InlineData("[]", -32600, 400)]
    [InlineData("""{"id":1,"method":"ping"}""", -32600, 400)]
    [InlineData("""{"jsonrpc":"1.0","id":1,"method":"ping"}""", -32600, 400)]
    [InlineData("""{"jsonrpc":"2.0","id":null,"method":"ping"}""", -32600, 400)]
    [InlineData("""{"jsonrpc":"2.0","id":{},"method":"ping"}""", -32600, 400)]
    [InlineData("""{"jsonrpc":"2.0","id":1}""", -32600, 400)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":5}""", -32600, 400)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}""", -32600, 400)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"resources/list"}""", -32601, 200)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call"}""", -32602, 200)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"rm"}}""", -32602, 200)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":7}}}""", -32602, 200)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2031-01-01"}}}""", -32022, 400)]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"x/y","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}""", -32601, 404)]
    public async Task WrongMessagesGetTheirError(string message, int code, int status)
    {
        var answer = await _server.AnswerAsync(Encoding.UTF8.GetBytes(message), null, TestContext.Current.CancellationToken);
        Assert.Equal(code, (int)answer.Body!["error"]!["code"]!);
        Assert.Equal(status, answer.HttpStatus);
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/initialized"}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"no/such/notification"}""")]
    [InlineData("""{"jsonrpc":"2.0","id":3,"result":{}}""")]
    public async Task NotificationsGetNothing(string message)
    {
        var answer = await _server.AnswerAsync(Encoding.UTF8.GetBytes(message), null, TestContext.Current.CancellationToken);
        // A response to nothing still has an id: it is not answered either.
        Assert.Equal((202, null), (answer.HttpStatus, answer.Body));
    }

    [Fact]
    public async Task ABatchGetsABatch()
    {
        var answers = (JsonArray)await AskAsync("""[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","method":"notifications/x"},{"jsonrpc":"2.0","id":"2","method":"nope"}]""");
        Assert.Equal("1 2", string.Join(' ', answers.Select(a => a!["id"]!.ToString())));
    }

    [Theory]
    [InlineData("2026-07-28", "tools/call", "get_active_incidents", 0)]
    [InlineData("2025-11-25", "tools/call", "get_active_incidents", -32020)]
    [InlineData(null, "tools/call", "get_active_incidents", -32020)]
    [InlineData("2026-07-28", "tools/list", "get_active_incidents", -32020)]
    [InlineData("2026-07-28", null, "get_active_incidents", -32020)]
    [InlineData("2026-07-28", "tools/call", "run_sql", -32020)]
    [InlineData("2026-07-28", "tools/call", null, -32020)]
    public async Task HeadersMustMirrorAStatelessMessage(string? version, string? method, string? name, int code)
    {
        var answer = await _server.AnswerAsync(
            Encoding.UTF8.GetBytes($$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_active_incidents",{{{Meta}}}}}"""),
            new McpHeaders(version, method, name),
            TestContext.Current.CancellationToken);
        Assert.Equal(code, (int?)answer.Body!["error"]?["code"] ?? 0);
        Assert.Equal(code == 0 ? 200 : 400, answer.HttpStatus);
    }

    [Theory]
    [InlineData(null, 200)]
    [InlineData("2025-06-18", 200)]
    [InlineData("2026-07-28", 400)]
    [InlineData("2099-01-01", 400)]
    public async Task AHandshakeClientsVersionHeaderMustBeKnown(string? version, int status) =>
        Assert.Equal(status, (await _server.AnswerAsync(
            """{"jsonrpc":"2.0","id":1,"method":"ping"}"""u8.ToArray(), new McpHeaders(version, null, null), TestContext.Current.CancellationToken)).HttpStatus);

    private async Task<JsonNode> AskAsync(string message) =>
        (await _server.AnswerAsync(Encoding.UTF8.GetBytes(message), null, TestContext.Current.CancellationToken)).Body!;
}
