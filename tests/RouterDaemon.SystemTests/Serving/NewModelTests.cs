using System.Text.Json.Nodes;
using RouterDaemon.SystemTests.Support;
using RouterDaemon.Tests.Fleet.Hub;
using Xunit;

namespace RouterDaemon.SystemTests.Serving;

/// <summary>Models that are pulled and linked while the daemon runs answer without a restart.</summary>
public sealed class NewModelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task APulledModelAnswers()
    {
        using var home = new TempFolder();
        await using FakeHub hub = await FakeHub.StartAsync();
        // In three files, on a second host, over a connection that breaks.
        await using FakeHub cdn = await FakeHub.StartAsync();
        foreach ((string name, byte[] bytes) in SplitModel.Of(EditedModels.Bundled, "pulled-Q4_K_M", 3))
            hub.Files[name] = cdn.Files[name] = bytes;
        hub.Cdn = cdn.Url;
        cdn.Cuts.Enqueue(200_000);
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Home = home.Path });
        (int exit, string output, string error) = await DaemonBinary.RunAsync(
            new DaemonOptions
            {
                Home = home.Path,
                Arguments = ["models", "pull", "ada/model-GGUF"],
                Environment = new Dictionary<string, string> { ["HF_ENDPOINT"] = hub.Url.AbsoluteUri, ["HF_TOKEN"] = "hf_secret" },
            },
            Patience);
        Assert.True(exit == 0 && output == "pulled\n", output + error);
        Assert.DoesNotContain("hf_secret", error, StringComparison.Ordinal);
        Assert.Equal(3, error.Split("SHA-256 as listed").Length - 1);
        Assert.All(cdn.Requests, r => Assert.Null(r.Authorization));
        await AnswersAsync(daemon, "pulled");
        (exit, output, _) = await DaemonBinary.RunAsync(new DaemonOptions { Home = home.Path, Arguments = ["models", "info", "pulled"] }, Patience);
        Assert.True(exit == 0 && output.Contains($"{hub.Url}ada/model-GGUF/resolve/main/pulled-Q4_K_M-00001-of-00003.gguf", StringComparison.Ordinal), output);
    }

    [Fact]
    public async Task AModelOfOllamaAnswers()
    {
        using var home = new TempFolder();
        byte[] model = await File.ReadAllBytesAsync(EditedModels.Bundled);
        string digest = FakeHub.Sha256(model);
        string blob = Write(model, "blobs", "sha256-" + digest);
        Write(
            System.Text.Encoding.UTF8.GetBytes(new JsonObject
            {
                ["layers"] = new JsonArray(new JsonObject { ["mediaType"] = "application/vnd.ollama.image.model", ["digest"] = "sha256:" + digest, ["size"] = model.Length }),
            }.ToJsonString()),
            "manifests", "registry.ollama.ai", "library", "llama3.2", "3b");
        await using DaemonProcess daemon = await DaemonProcess.StartAsync(new DaemonOptions { Home = home.Path });
        (int exit, string output, string error) = await DaemonBinary.RunAsync(
            new DaemonOptions
            {
                Home = home.Path,
                Arguments = ["models", "discover", "--link", "llama3.2:3b"],
                Environment = new Dictionary<string, string> { ["OLLAMA_MODELS"] = Path.Combine(home.Path, "ollama") },
            },
            Patience);
        Assert.True(exit == 0 && output.Contains("llama3.2-3b.gguf", StringComparison.Ordinal), output + error);
        await AnswersAsync(daemon, "llama3.2-3b");

        // The blob is Ollama's: it may go, and the daemon goes on without it.
        File.Delete(blob);
        await Eventually.TrueAsync(
            async () => !(await daemon.Client.GetStringAsync("/v1/models")).Contains("llama3.2-3b", StringComparison.Ordinal), Patience, () => daemon.Log);

        string Write(byte[] bytes, params string[] steps)
        {
            string path = Path.Combine([home.Path, "ollama", .. steps]);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, bytes);
            return path;
        }
    }

    private static async Task AnswersAsync(DaemonProcess daemon, string model)
    {
        ChatReply? reply = null;
        await Eventually.TrueAsync(
            async () => (reply = await daemon.Client.AskAsync(Chat.Body(model, "What is 7 + 8?", ("temperature", 0)))).Status == 200, Patience, () => reply + daemon.Log);
        Assert.Equal($"{model}/local", reply!.Header("x-routerd-deployment"));
        Assert.Equal("7 + 8 = 15.", reply.Content);
    }
}
