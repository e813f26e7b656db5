using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using RouterDaemon.Agents.Mcp;
using Xunit;

namespace RouterDaemon.Tests.Agents.Mcp;

/// <summary>The stdio transport over pipes.</summary>
public sealed class McpStdioTests(Demo demo) : IClassFixture<Demo>
{
    private static readonly string Endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EachLineIsAMessageAndTheEndEndsIt()
    {
        var answers = await RunAsync("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\r\n\n  \n{broken\n{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}");
        Assert.Equal(["", "1", "2"], answers.Select(a => a["id"]?.ToString() ?? "").Order());
        Assert.Contains(answers, a => (int?)a["error"]?["code"] == -32700);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public async Task AMessageIsBoundedAndTheNextOneIsRead(int beyond, bool refused)
    {
        const string Ping = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
        var answers = await RunAsync(Ping + new string(' ', McpStdio.MaxMessageBytes + beyond - Ping.Length) + "\n{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}\n");
        Assert.Equal(2, answers.Count);
        Assert.Equal(refused, answers.Any(a => (int?)a["error"]?["code"] == -32600));
        Assert.Contains(answers, a => a["id"]?.ToString() == "2");
    }

    [Fact]
    public async Task ManyAtOnceAreAllAnswered()
    {
        var lines = Enumerable.Range(0, 200).Select(i => $$$"""{"jsonrpc":"2.0","id":{{{i}}},"method":"tools/call","params":{"name":"get_active_incidents"}}""");
        var answers = await RunAsync(string.Join('\n', lines));
        Assert.Equal(Enumerable.Range(0, 200), answers.Select(a => (int)a["id"]!).Order());
    }

    [Fact]
    public async Task ACancelledRequestGetsNoAnswer()
    {
        var input = new Pipe();
        var output = new Pipe();
        using var stdio = new McpStdio(new McpServer(demo.Registry, "1"), input.Reader.AsStream(), output.Writer.AsStream());
        var running = stdio.RunAsync(Ct);
        var call = new JsonObject
        {
            ["jsonrpc"] = "2.0",
            ["id"] = "slow",
            ["method"] = "tools/call",
            ["params"] = new JsonObject { ["name"] = "run_sql", ["arguments"] = new JsonObject { ["sql"] = Endless } },
        };
        await input.Writer.WriteAsync(Encoding.UTF8.GetBytes(call.ToJsonString() + "\n"), Ct);
        await input.Writer.WriteAsync("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"slow\"}}\n"u8.ToArray(), Ct);
        await input.Writer.WriteAsync("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}\n"u8.ToArray(), Ct);
        await input.Writer.CompleteAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(30), Ct);
        await output.Writer.CompleteAsync();
        using var text = new StreamReader(output.Reader.AsStream());
        Assert.Equal("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n", await text.ReadToEndAsync(Ct));
    }

    private async Task<List<JsonNode>> RunAsync(string lines)
    {
        using var input = new MemoryStream(Encoding.UTF8.GetBytes(lines));
        using var output = new MemoryStream();
        using var stdio = new McpStdio(new McpServer(demo.Registry, "1"), input, output);
        await stdio.RunAsync(Ct);
        return [.. Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!)];
    }
}
