using System.Text.Json;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Upstreams;

/// <summary>With <c>retries.rescue</c> a stream whose upstream died goes on where the delivered text can be continued.</summary>
public sealed class RescueTests
{
    private const string Rescue = "retries: { rescue: true }\n";

    [Theory]
    [InlineData(MockFault.Cut, "openai")]
    [InlineData(MockFault.Stall, "openai")]
    [InlineData(MockFault.ErrorBody, "llm-d")]
    public async Task TheAnswerGoesOnElsewhere(MockFault fault, string kind)
    {
        await using MockUpstream dying = MockUpstream.Start();
        await using MockUpstream other = MockUpstream.Start();
        await using MockUpstream rescuer = MockUpstream.Start();
        dying.Default = MockBehaviour.Ok("one \"two\" three four") with { Fault = fault, FaultAt = 2 };
        rescuer.Default = MockBehaviour.Ok(" three four");
        using var home = new TempFolder();
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            Home = home.Path,
            // Only the last one says that it can continue a message.
            Config = AtLast(Yaml.Fleet([dying, other, rescuer], kinds: ["openai", "openai", kind], timeouts: "connect: 1s, first_token: 5s, between_tokens: 700ms, total: 60s", more: Rescue)),
            NoModel = true,
        });
        StreamReply reply = await daemon.Client.StreamAsync(Chat.Body("m/b0", "hi", ("fallbacks", new System.Text.Json.Nodes.JsonArray("m/b1", "m/b2"))));
        Assert.True(reply is { Done: true, Content: "one \"two\" three four" } && reply.Error is null, reply + daemon.Log);
        Assert.Equal("stop", reply.FinishReason);
        Assert.Single(reply.Chunks, c => c.TryGetProperty("choices", out JsonElement choices) && choices.GetArrayLength() > 0 && choices[0].GetProperty("delta").TryGetProperty("role", out _));
        Assert.Empty(other.Posts);
        JsonElement sent = Chat.Parse(Assert.Single(rescuer.Posts).BodyText);
        JsonElement last = sent.GetProperty("messages")[1];
        Assert.Equal(("assistant", "one \"two\""), (last.GetProperty("role").GetString(), last.GetProperty("content").GetString()));
        Assert.Equal(kind == "llm-d", sent.TryGetProperty("continue_final_message", out _));
        JsonElement metadata = reply.Chunks.Last().GetProperty("routerd");
        Assert.Equal("m/b2", metadata.GetProperty("deployment").GetString());
        JsonElement rescued = Assert.Single(metadata.GetProperty("rescued").EnumerateArray());
        Assert.Equal(("m/b0", 2), (rescued.GetProperty("from").GetString(), rescued.GetProperty("after_chunks").GetInt32()));

        daemon.Signal(DaemonProcess.SigTerm);
        Assert.Equal(0, await daemon.WaitForExitAsync(TimeSpan.FromSeconds(20)));
        using var store = new ContextDb(home.Path);
        Assert.Equal(1, store.Number("SELECT count(*) FROM requests WHERE deployment_id = 'm/b2' AND status = 'success'"));
    }

    [Theory]
    [InlineData("off")]
    [InlineData("nobody can continue")]
    [InlineData("a tool call was begun")]
    [InlineData("the rescuer dies as well")]
    public async Task OtherwiseTheStreamEndsWithAnError(string why)
    {
        await using MockUpstream dying = MockUpstream.Start();
        await using MockUpstream rescuer = MockUpstream.Start();
        dying.Default = new MockBehaviour { Answer = "one two three", ToolName = why.Contains("tool", StringComparison.Ordinal) ? "f" : null, ToolArguments = "{\"a\":1}", Fault = MockFault.Cut, FaultAt = 1 };
        rescuer.Default = why.Contains("dies", StringComparison.Ordinal) ? MockBehaviour.Error(500, "boom") : MockBehaviour.Ok(" two three");
        string fleet = Yaml.Fleet([dying, rescuer], more: why == "off" ? "" : Rescue);
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = why.Contains("nobody", StringComparison.Ordinal) ? fleet : AtLast(fleet), NoModel = true });
        StreamReply reply = await daemon.Client.StreamAsync(Chat.Body("m/b0", "hi", ("fallbacks", new System.Text.Json.Nodes.JsonArray("m/b1"))));
        Assert.True(reply is { Status: 200, Done: false, Broke: null } && reply.Error is not null, reply + daemon.Log);
        Assert.Equal(why.Contains("dies", StringComparison.Ordinal), rescuer.Posts.Count > 0);
    }

    private static string AtLast(string config)
    {
        const string Capabilities = "embeddings]";
        int at = config.LastIndexOf(Capabilities, StringComparison.Ordinal);
        return config[..at] + "embeddings, continue_assistant]" + config[(at + Capabilities.Length)..];
    }
}
