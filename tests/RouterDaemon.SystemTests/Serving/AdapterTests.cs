using System.Text.Json;
using System.Text.Json.Nodes;
using RouterDaemon.RandomModel;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Serving;

/// <summary>LoRA adapters over HTTP, in the daemon's process and in one of the model's own.</summary>
public sealed class AdapterTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private DaemonProcess _daemon = null!;

    public async ValueTask InitializeAsync()
    {
        RandomAdapterFile.Write(Path.Combine(_folder.Path, "one.gguf"), EditedModels.Bundled, 4, 1);
        RandomAdapterFile.Write(Path.Combine(_folder.Path, "two.gguf"), EditedModels.Bundled, 4, 2);
        string lora = $"lora: [{{ file: \"{_folder.Path}/one.gguf\" }}, {{ file: \"{_folder.Path}/two.gguf\", scale: 0 }}]";
        _daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            Config = $$"""
                models:
                  - { id: inside, file: "{{EditedModels.Bundled}}", isolation: none, {{lora}} }
                  - { id: apart, file: "{{EditedModels.Bundled}}", isolation: process, {{lora}} }
                  - { id: plain, file: "{{EditedModels.Bundled}}" }
                  - { id: broken, file: "{{EditedModels.Bundled}}", lora: [{ file: "{{EditedModels.Bundled}}" }] }
                """,
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _daemon.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("inside")]
    [InlineData("apart")]
    public async Task ARequestChoosesItsAdapters(string model)
    {
        string plain = await TextAsync("plain", null);
        string configured = await TextAsync(model, null);
        Assert.NotEqual(plain, configured);
        Assert.Equal(plain, await TextAsync(model, """[{"id":0,"scale":0}]"""));
        Assert.Equal(configured, await TextAsync(model, """[{"id":0,"scale":1}]"""));
        Assert.Equal(configured, await TextAsync(model, "[]"));
        string second = await TextAsync(model, """[{"id":1,"scale":1}]""");
        Assert.Equal(3, new[] { plain, configured, second }.Distinct().Count());
        Assert.Equal(configured, await TextAsync(model == "inside" ? "apart" : "inside", null));
    }

    [Theory]
    [InlineData("""[{"id":2,"scale":1}]""", "lora[0].id is 2, the model's adapters are 0 to 1")]
    [InlineData("""[{"id":0,"scale":1},{"id":0,"scale":0}]""", "lora names adapter 0 twice")]
    [InlineData("""[{"id":0,"scale":101}]""", "lora scale is 101")]
    [InlineData("""[{"id":0}]""", "\"lora\" must be an array of objects")]
    [InlineData("""{"id":0,"scale":1}""", "\"lora\" must be an array of objects")]
    [InlineData("""[{"id":"0","scale":1}]""", "\"id\" must be an integer")]
    public async Task AWrongChoiceIsA400(string lora, string message)
    {
        ChatReply reply = await AskAsync("apart", lora);
        Assert.True(reply.Status == 400, reply.ToString());
        Assert.Contains(message, reply.ErrorMessage);
    }

    [Fact]
    public async Task TheAdaptersOfAModelAreListed()
    {
        JsonElement[] listed = [.. Chat.Parse(await _daemon.Client.GetStringAsync("/lora-adapters?model=apart")).EnumerateArray()];
        Assert.Equal([(0, "one.gguf", 1f), (1, "two.gguf", 0f)], listed.Select(a => (a.GetProperty("id").GetInt32(), a.GetProperty("path").GetString()!, a.GetProperty("scale").GetSingle())));
        Assert.Empty(Chat.Parse(await _daemon.Client.GetStringAsync("/lora-adapters?model=plain")).EnumerateArray());
        Assert.Equal(404, (int)(await _daemon.Client.GetAsync("/lora-adapters?model=nobody")).StatusCode);
        Assert.Equal(400, (int)(await _daemon.Client.GetAsync("/lora-adapters")).StatusCode);
    }

    [Fact]
    public async Task AFileThatIsNoAdapterIsNamed()
    {
        ChatReply reply = await AskAsync("broken", null);
        Assert.Equal(503, reply.Status);
        Assert.Contains("routerd-tiny-1m.gguf: it is not an adapter", reply.ErrorMessage);
    }

    private async Task<string> TextAsync(string model, string? lora)
    {
        ChatReply reply = await AskAsync(model, lora);
        Assert.True(reply.Status == 200, reply + _daemon.Log);
        return reply.Content;
    }

    private Task<ChatReply> AskAsync(string model, string? lora)
    {
        JsonObject body = Chat.Body(model, "What is RouterDaemon?", ("temperature", 0), ("max_tokens", 30), ("ignore_eos", true));
        if (lora is not null)
            body["lora"] = JsonNode.Parse(lora);
        return _daemon.Client.AskAsync(body);
    }
}
