using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Serving;

/// <summary>A daemon with models that take tools, fill gaps and lie damaged.</summary>
public sealed class ToolModelDaemon : IAsyncLifetime
{
    private readonly TempFolder _home = new();

    public DaemonProcess Daemon { get; private set; } = null!;

    public HttpClient Client => Daemon.Client;

    public async ValueTask InitializeAsync()
    {
        EditedModels.Add(_home.Path, "tooly", i => i.Set("tokenizer.chat_template", EditedModels.ToolTemplate));
        EditedModels.Add(_home.Path, "base", i => i.Remove("tokenizer.chat_template"));
        EditedModels.Add(_home.Path, "filler", i =>
        {
            i.Set("tokenizer.ggml.fim_pre_token_id", 10u);
            i.Set("tokenizer.ggml.fim_suf_token_id", 11u);
            i.Set("tokenizer.ggml.fim_mid_token_id", 12u);
        });
        await File.WriteAllBytesAsync(Path.Combine(_home.Path, "models", "damaged.gguf"), [.. "GGUF"u8, .. new byte[4096]]);
        Daemon = await DaemonProcess.StartAsync(new DaemonOptions { Home = _home.Path });
    }

    public async ValueTask DisposeAsync()
    {
        await Daemon.DisposeAsync();
        _home.Dispose();
    }
}
