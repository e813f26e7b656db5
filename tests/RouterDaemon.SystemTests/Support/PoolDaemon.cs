using RouterDaemon.Bench.Mock;
using Xunit;

namespace RouterDaemon.SystemTests.Support;

/// <summary>One daemon in front of mock upstreams, shared by a class of tests: <c>m/b0</c>, <c>m/b1</c> and <c>m/b2</c> are
/// the <c>pool</c>; further ones are for tests that break them, because a breaker remembers.</summary>
public sealed class PoolDaemon : IAsyncLifetime
{
    public const string Key = "sk-upstream-secret";

    private readonly MockUpstream[] _breakable = [.. Enumerable.Range(0, 32).Select(_ => MockUpstream.Start())];
    private int _broken;

    public DaemonProcess Daemon { get; private set; } = null!;

    public MockUpstream[] Upstreams { get; } = [MockUpstream.Start(), MockUpstream.Start(), MockUpstream.Start()];

    public HttpClient Client => Daemon.Client;

    public async ValueTask InitializeAsync() => Daemon = await DaemonProcess.StartAsync(new DaemonOptions
    {
        Config = Yaml.Fleet([.. Upstreams, .. _breakable], pooled: Upstreams.Length).Replace("trust: private", "trust: private\n    api_key_env: UPSTREAM_KEY", StringComparison.Ordinal),
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

    /// <summary>A deployment that no test used before, and its upstream.</summary>
    public (string Model, MockUpstream Upstream) Fresh()
    {
        int index = _broken++;
        return ($"m/b{Upstreams.Length + index}", _breakable[index]);
    }

    public async ValueTask DisposeAsync()
    {
        await Daemon.DisposeAsync();
        foreach (MockUpstream upstream in Upstreams.Concat(_breakable))
            await upstream.DisposeAsync();
    }
}
