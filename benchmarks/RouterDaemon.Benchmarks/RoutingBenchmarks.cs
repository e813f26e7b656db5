using BenchmarkDotNet.Attributes;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.State;

namespace RouterDaemon.Benchmarks;

/// <summary>Decisions, without and with the prefix lookup (timed apart: subtract).</summary>
public class RoutingBenchmarks
{
    /// <summary>Decisions of a burst: eight requests in flight on each of eight deployments.</summary>
    public const int Burst = 64;

    private const int Prefixes = 32;
    private readonly Router _router = new(new RouterOptions());
    private readonly Router _sequential = new(new RouterOptions { Policy = "sequential" });
    private readonly ulong[] _hashes = new ulong[Prefixes];
    private readonly RouteLease[] _leases = new RouteLease[Burst];
    private FleetSnapshot _fleet = null!;
    private RouteRequest _request;
    private RouteRequest _session;
    private RouteDecision _decision;
    private long _now;

    [Params(8, 64)]
    public int Deployments { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var entries = new DeploymentEntry[Deployments];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = new DeploymentEntry
            {
                Id = $"m/b{i}",
                ModelId = "m",
                BackendId = $"b{i}",
                UpstreamModel = "m",
                Trust = TrustLevel.Private,
                ContextTokens = 131_072,
                PriceInputUsdPerMillion = i % 3,
                PriceOutputUsdPerMillion = i % 3,
                State = new DeploymentState(),
            };
        }

        _fleet = new FleetSnapshot(entries);
        _request = new RouteRequest
        {
            PromptTokens = 2000,
            MaxTokens = 500,
            Required = Capability.Chat,
            Weights = RoutingPreset.Balanced.Weights,
            PrefixBlockTokens = 64,
        };
        _session = _request with { SessionHash = 4711 };
        var random = new Random(1);
        for (var i = 0; i < Prefixes; i++)
            _hashes[i] = (ulong)random.NextInt64();
    }

    [Benchmark]
    public int ChooseAndRelease()
    {
        Choose(_router, in _request, [], ref _leases[0]);
        Release(ref _leases[0]);
        return _decision.Winner;
    }

    /// <summary>The frame around the policy: mask, reservation, record.</summary>
    [Benchmark]
    public int SequentialAndRelease()
    {
        Choose(_sequential, in _request, [], ref _leases[0]);
        Release(ref _leases[0]);
        return _decision.Winner;
    }

    [Benchmark]
    public int ChooseAndReleaseWithPrefixes()
    {
        Choose(_router, in _request, _hashes, ref _leases[0]);
        Release(ref _leases[0]);
        return _decision.Winner;
    }

    [Benchmark]
    public int ChooseAndReleaseWithSession()
    {
        Choose(_router, in _session, [], ref _leases[0]);
        Release(ref _leases[0]);
        return _decision.Winner;
    }

    internal int ChooseBurst() => ChooseAll(_router, in _request, []);

    internal int ChooseSequentialBurst() => ChooseAll(_sequential, in _request, []);

    internal int ChooseBurstWithPrefixes() => ChooseAll(_router, in _request, _hashes);

    internal int ChooseBurstWithSession() => ChooseAll(_router, in _session, []);

    internal void ReleaseBurst()
    {
        for (var i = 0; i < _leases.Length; i++)
            Release(ref _leases[i]);
    }

    private int ChooseAll(Router router, in RouteRequest request, ReadOnlySpan<ulong> hashes)
    {
        for (var i = 0; i < _leases.Length; i++)
            Choose(router, in request, hashes, ref _leases[i]);
        return _decision.Winner;
    }

    private void Choose(Router router, in RouteRequest request, ReadOnlySpan<ulong> hashes, ref RouteLease lease)
    {
        _now += 1000;
        router.Choose(_fleet.All, in request, hashes, _now, ref _decision, out lease);
    }

    private void Release(ref RouteLease lease) => _router.OnFinished(ref lease, new RouteOutcome { Kind = OutcomeKind.Cancelled }, _now);
}
