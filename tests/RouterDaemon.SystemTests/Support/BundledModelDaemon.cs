using Xunit;

namespace RouterDaemon.SystemTests.Support;

/// <summary>One daemon with no configuration at all, shared by a class of tests.</summary>
public sealed class BundledModelDaemon : IAsyncLifetime
{
    public DaemonProcess Daemon { get; private set; } = null!;

    public HttpClient Client => Daemon.Client;

    public async ValueTask InitializeAsync() => Daemon = await DaemonProcess.StartAsync(new DaemonOptions { WaitReady = true });

    public async ValueTask DisposeAsync() => await Daemon.DisposeAsync();
}
