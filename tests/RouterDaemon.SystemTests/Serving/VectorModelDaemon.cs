using RouterDaemon.RandomModel;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Serving;

/// <summary>A daemon with a model of random weights for each kind of vector, and the bundled model told to pool.</summary>
public sealed class VectorModelDaemon : IAsyncLifetime
{
    private readonly TempFolder _home = new();

    public DaemonProcess Daemon { get; private set; } = null!;

    public HttpClient Client => Daemon.Client;

    public async ValueTask InitializeAsync()
    {
        string folder = Path.Combine(_home.Path, "models");
        Directory.CreateDirectory(folder);
        var shape = new ModelShape { Architecture = "qwen3", Layers = 2, Embedding = 64, Heads = 2, KeyValueHeads = 2, FeedForward = 128, ContextTokens = 256, Type = TensorType.F16 };
        RandomModelFile.Write(Path.Combine(folder, "mean.gguf"), EditedModels.Bundled, shape with { Pooling = 1 });
        RandomModelFile.Write(Path.Combine(folder, "last.gguf"), EditedModels.Bundled, shape with { Pooling = 3 });
        RandomModelFile.Write(Path.Combine(folder, "rank.gguf"), EditedModels.Bundled, shape with { Pooling = 4 });
        Daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            Home = _home.Path,
            Config = $"models:\n  - id: both\n    file: {EditedModels.Bundled}\n    pooling: mean\n    slots: 2\n",
        });
    }

    public async ValueTask DisposeAsync()
    {
        await Daemon.DisposeAsync();
        _home.Dispose();
    }
}
