using RouterDaemon.Bench.Mock;
using Xunit;

namespace RouterDaemon.SystemTests.Support;

/// <summary>One daemon in front of three mock upstreams (<c>m/b0</c>, <c>m/b1</c>, <c>m/b2</c>, <c>pool</c>), shared by a class of tests.</summary>
public sealed class PoolDaemon : IAsyncLifetime
{
    public const string Key = "sk-upstream-secret";

    public DaemonProcess Daemon { get; private set; } = null!;

    public MockUpstream[] Upstreams { get; } = [MockUpstream.Start(), MockUpstream.Start(), MockUpstream.Start()];

    public HttpClient Client => Daemon.Client;

    public async ValueTask InitializeAsync() => Daemon = await DaemonProcess.StartAsync(new DaemonOptions
    {
        Config = Yaml.Fleet(Upstreams).Replace("trust: private", "trust: private\n    api_key_env: UPSTREAM_KEY", StringComparison.Ordinal),
        Environment = new Dictionary<string, string> { ["UPSTREAM_KEY"] = Key },
        NoModel = true,
    });

    /// <summary>Forgets requests and scripts, so that the next test starts from working upstreams.</summary>
    public void Reset()
    {
        foreach (MockUpstream upstream in Upstreams)
        {
            upstream.Script = null;
            upstream.Default = new MockBehaviour();
            upstream.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Daemon.DisposeAsync();
        foreach (MockUpstream upstream in Upstreams)
            await upstream.DisposeAsync();
    }
}
