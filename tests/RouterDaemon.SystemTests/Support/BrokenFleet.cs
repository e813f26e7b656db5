using RouterDaemon.Bench.Mock;
using Xunit;

namespace RouterDaemon.SystemTests.Support;

/// <summary>One daemon whose backends each fail before the first content in a way of their own, but the last, which works.</summary>
public sealed class BrokenFleet : IAsyncLifetime
{
    public const string Answer = "the last one answers";

    private static readonly string[] Specs =
    [
        "status=500", "status=502", "status=503", "retry-after=7", "retry-after=-1",
        "llmd=rejected-saturated", "llmd=rejected-no-endpoints", "llmd=evicted",
        "fault=cut,at=head", "fault=reset,at=head", "fault=cut,at=content", "fault=reset,at=content",
        "fault=garbage,at=content", "fault=error-body,at=content", "fault=error-body,at=head", "fault=missing-done,at=content",
        "fault=chunk-size-garbage,at=content", "fault=chunk-too-short,at=content", "fault=header-flood", "bytes=40", "bytes=0",
    ];

    private readonly List<MockUpstream> _upstreams = [];

    /// <summary>Kind of backend and what it does wrong.</summary>
    public static IReadOnlyList<(string Kind, string Spec)> Cases { get; } = [.. Specs.Select(s => ("openai", s)), .. Specs.Select(s => ("llm-d", s))];

    public DaemonProcess Daemon { get; private set; } = null!;

    /// <summary>Backend id of the one that works.</summary>
    public string Working => $"b{Cases.Count}";

    public (string Id, MockUpstream Upstream) Backend(string kind, string spec)
    {
        int index = Cases.ToList().IndexOf((kind, spec));
        return ($"b{index}", _upstreams[index]);
    }

    public async ValueTask InitializeAsync()
    {
        foreach ((_, string spec) in Cases)
        {
            MockUpstream broken = MockUpstream.Start();
            // A body that is not streamed has no place before its first content where a well-formed answer could end: it is answered with an error.
            broken.Script = r => spec.Contains("missing-done", StringComparison.Ordinal) && !r.Stream ? MockBehaviour.Error(500, "boom") : MockSpec.Parse(spec);
            _upstreams.Add(broken);
        }

        MockUpstream working = MockUpstream.Start();
        working.Default = MockBehaviour.Ok(Answer);
        _upstreams.Add(working);
        Daemon = await DaemonProcess.StartAsync(new DaemonOptions { Config = Yaml.Fleet(_upstreams, kinds: [.. Cases.Select(c => c.Kind), "openai"]), NoModel = true });
    }

    public async ValueTask DisposeAsync()
    {
        await Daemon.DisposeAsync();
        foreach (MockUpstream upstream in _upstreams)
            await upstream.DisposeAsync();
    }
}
