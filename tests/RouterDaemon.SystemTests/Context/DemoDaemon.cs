using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Context;

/// <summary>A daemon on the seeded demo store, with one tool-capable mock upstream.</summary>
public sealed class DemoDaemon : IAsyncLifetime
{
    private readonly TempFolder _home = new();

    public MockUpstream Upstream { get; } = MockUpstream.Start();

    public DaemonProcess Daemon { get; private set; } = null!;

    public string Home => _home.Path;

    public async ValueTask InitializeAsync()
    {
        var seeded = await DaemonBinary.RunAsync(new DaemonOptions { Home = Home, Arguments = ["context", "seed"] }, TimeSpan.FromSeconds(60));
        Assert.True(seeded.ExitCode == 0, seeded.Error);
        Daemon = await DaemonProcess.StartAsync(new DaemonOptions
        {
            Home = Home,
            NoModel = true,
            WaitReady = true,
            Config = Yaml.Fleet([Upstream]).Replace("capabilities: [", "price: { input: 1, output: 2 }\n        capabilities: [", StringComparison.Ordinal),
        });
    }

    /// <summary>Runs a verb against the daemon's home and port.</summary>
    public Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) => DaemonBinary.RunAsync(
        new DaemonOptions { Home = Home, Arguments = arguments, Environment = new Dictionary<string, string> { ["ROUTERD_LISTEN"] = Daemon.Url.ToString() } },
        TimeSpan.FromSeconds(60));

    public async ValueTask DisposeAsync()
    {
        await Daemon.DisposeAsync();
        await Upstream.DisposeAsync();
        _home.Dispose();
    }
}
