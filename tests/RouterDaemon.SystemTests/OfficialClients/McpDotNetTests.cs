using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using RouterDaemon.SystemTests.Context;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.OfficialClients;

/// <summary>The official MCP client for .NET, unmodified, over both transports.</summary>
public sealed class McpDotNetTests(DemoDaemon fixture) : IClassFixture<DemoDaemon>
{
    [Theory]
    [InlineData("http")]
    [InlineData("stdio")]
    public async Task ListsAndCallsEveryTool(string transport)
    {
        await using McpClient client = await ConnectAsync(transport);
        Assert.Equal("routerd", client.ServerInfo?.Name);
        IList<McpClientTool> tools = await client.ListToolsAsync();
        Assert.Equal(ToolCalls.All.Keys, tools.Select(t => t.Name));
        foreach (McpClientTool tool in tools)
        {
            var arguments = JsonSerializer.Deserialize<Dictionary<string, object?>>(ToolCalls.All[tool.Name]);
            var result = await tool.CallAsync(arguments);
            Assert.NotEqual(true, result.IsError);
            using HttpResponseMessage same = await fixture.Daemon.Client.PostAsync($"/context/tools/{tool.Name}", Json(ToolCalls.All[tool.Name]));
            Assert.True(
                JsonNode.DeepEquals(JsonNode.Parse(await same.Content.ReadAsStringAsync()), JsonNode.Parse(result.StructuredContent!.Value.GetRawText())),
                $"{tool.Name}: {result.StructuredContent}");
        }
    }

    [Theory]
    [InlineData("http")]
    [InlineData("stdio")]
    public async Task ErrorsAreItsErrors(string transport)
    {
        await using McpClient client = await ConnectAsync(transport);
        var result = await client.CallToolAsync("get_request_detail", new Dictionary<string, object?> { ["request_id"] = "req_none" });
        Assert.True(result.IsError);
        Assert.Contains("NOT_FOUND", result.StructuredContent!.Value.GetRawText());
        await Assert.ThrowsAnyAsync<McpException>(async () => await client.CallToolAsync("no_such_tool"));
    }

    [Fact]
    public async Task WithAnAdminKeyOnlyItsHolderIsServed()
    {
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            NoModel = true,
            Config = "admin: { key_env: ROUTERD_ADMIN_KEY }",
            Environment = new Dictionary<string, string> { ["ROUTERD_ADMIN_KEY"] = "let-me-in" },
        });
        await Assert.ThrowsAnyAsync<Exception>(() => McpClient.CreateAsync(Http(daemon)));
        await using McpClient client = await McpClient.CreateAsync(Http(daemon, new Dictionary<string, string> { ["Authorization"] = "Bearer let-me-in" }));
        Assert.Equal(ToolCalls.All.Count, (await client.ListToolsAsync()).Count);
    }

    private static HttpClientTransport Http(DaemonProcess daemon, Dictionary<string, string>? headers = null) =>
        new(new HttpClientTransportOptions { Endpoint = new Uri(daemon.Url, "/mcp"), AdditionalHeaders = headers ?? [] });

    private static StringContent Json(string text) => new(text, System.Text.Encoding.UTF8, "application/json");

    private async Task<McpClient> ConnectAsync(string transport) => transport == "http"
        ? await McpClient.CreateAsync(Http(fixture.Daemon))
        : await McpClient.CreateAsync(new StdioClientTransport(new StdioClientTransportOptions
        {
            Command = DaemonBinary.Path,
            Arguments = ["mcp"],
            EnvironmentVariables = new Dictionary<string, string?> { ["ROUTERD_HOME"] = fixture.Home },
        }));
}
