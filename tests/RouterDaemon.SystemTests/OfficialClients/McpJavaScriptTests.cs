using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.SystemTests.Context;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.OfficialClients;

/// <summary>The official MCP client for JavaScript, unmodified, under node: it speaks the handshake revisions.</summary>
public sealed class McpJavaScriptTests(DemoDaemon fixture) : IClassFixture<DemoDaemon>
{
    private static readonly string Folder = Path.Combine(DaemonBinary.RepositoryRoot, "tests", "RouterDaemon.SystemTests", "clients");

    [Theory]
    [InlineData("http")]
    [InlineData("stdio")]
    public async Task ListsAndCallsEveryTool(string transport)
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "@modelcontextprotocol", "sdk")))
            await RunAsync("npm", ["ci", "--no-audit", "--no-fund"], TimeSpan.FromMinutes(3));
        JsonNode seen = JsonNode.Parse(await RunAsync("node", ["mcp.mjs", transport], TimeSpan.FromMinutes(1)))!;
        Assert.Equal("routerd", (string?)seen["server"]);
        Assert.Equal(ToolCalls.All.Keys, seen["tools"]!.AsArray().Select(t => (string)t!));
        foreach (string name in ToolCalls.All.Keys)
        {
            JsonNode result = seen["results"]![name]!;
            Assert.False((bool)result["isError"]!, name);
            Assert.True((bool)result["same"]!, name);
        }

        Assert.Equal("llama-70b/neocloud", (string?)seen["results"]!["get_deployment_status"]!["value"]!["deployments"]![0]!["id"]);
        Assert.Equal("NOT_FOUND", (string?)seen["missing"]);
        Assert.Equal(-32602, (int)seen["unknown"]!);
    }

    private async Task<string> RunAsync(string program, string[] arguments, TimeSpan timeout)
    {
        var info = new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        info.Environment["BASE_URL"] = fixture.Daemon.Url.ToString().TrimEnd('/');
        info.Environment["ROUTERD"] = DaemonBinary.Path;
        info.Environment["ROUTERD_HOME"] = fixture.Home;
        info.Environment["CALLS"] = JsonSerializer.Serialize(ToolCalls.All.ToDictionary(c => c.Key, c => JsonNode.Parse(c.Value)));
        using Process process = Process.Start(info)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(timeout);
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}\n{await output}\n{await error}\n{fixture.Daemon.Log}");
        return await output;
    }
}
