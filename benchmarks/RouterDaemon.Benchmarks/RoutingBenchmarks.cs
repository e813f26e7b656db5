using BenchmarkDotNet.Attributes;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.State;

namespace RouterDaemon.Benchmarks;

/// <summary>One decision and its release, without and with the prefix lookup (timed apart: subtract).</summary>
[MemoryDiagnoser]
public class RoutingBenchmarks
{
    private const int Prefixes = 32;
    private readonly Router _router = new(new RouterOptions());
    private readonly Router _sequential = new(new RouterOptions { Policy = "sequential" });
    private readonly ulong[] _hashes = new ulong[Prefixes];
    private FleetSnapshot _fleet = null!;
    private RouteRequest _request;
    private RouteDecision _decision;
    private RouteLease _lease;
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
        var random = new Random(1);
        for (var i = 0; i < Prefixes; i++)
            _hashes[i] = (ulong)random.NextInt64();
    }

    [Benchmark]
    public int ChooseAndRelease()
    {
        _now += 1000;
        _router.Choose(_fleet.All, in _request, [], _now, ref _decision, out _lease);
        _router.OnFinished(ref _lease, new RouteOutcome { Kind = OutcomeKind.Cancelled }, _now);
        return _decision.Winner;
    }

    /// <summary>The frame around the policy: mask, reservation, record.</summary>
    [Benchmark]
    public int SequentialAndRelease()
    {
        _now += 1000;
        _sequential.Choose(_fleet.All, in _request, [], _now, ref _decision, out _lease);
        _sequential.OnFinished(ref _lease, new RouteOutcome { Kind = OutcomeKind.Cancelled }, _now);
        return _decision.Winner;
    }

    [Benchmark]
    public int ChooseAndReleaseWithPrefixes()
    {
        _now += 1000;
        _router.Choose(_fleet.All, in _request, _hashes, _now, ref _decision, out _lease);
        _router.OnFinished(ref _lease, new RouteOutcome { Kind = OutcomeKind.Cancelled }, _now);
        return _decision.Winner;
    }
}
