using System.Text;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.Wire;
using RouterDaemon.Tests.Core.Routing;
using Xunit;

namespace RouterDaemon.Tests.Core;

/// <summary>What every request does, by the name of its line in benchmarks/baselines/allocations.json.</summary>
internal static class HotPath
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes(
        $$"""{"model":"m","stream":true,"messages":[{"role":"system","content":"{{new string('s', 2000)}}"},{"role":"user","content":"{{new string('u', 2000)}}"}],"max_tokens":9}""");

    private static readonly byte[] Stream = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}],\"usage\":{\"prompt_tokens\":3}}\n\ndata: [DONE]\n\n"u8.ToArray();

    public static Dictionary<string, Action> Operations()
    {
        var operations = new Dictionary<string, Action>(StringComparer.Ordinal)
        {
            ["peek"] = () => Assert.True(RequestPeeker.TryPeek(Body, [], 1, out _, out _)),
            ["peek with hashes"] = PeekWithHashes(),
            ["scan event and chunk"] = ScanEventAndChunk(),
            ["resolve name and explain"] = ResolveAndExplain(),
        };
        foreach (var policy in RoutingPolicies.Table)
            operations.Add($"choose and record: {policy.Name}", ChooseAndRecord(policy.Name));
        return operations;
    }

    private static Action PeekWithHashes()
    {
        var hashes = new ulong[PrefixHasher.MaxHashes];
        return () => Assert.True(RequestPeeker.TryPeek(Body, hashes, 1, out _, out _));
    }

    private static Action ScanEventAndChunk()
    {
        var facts = default(ChunkFacts);
        return () =>
        {
            Assert.True(SseScanner.TryReadEvent(Stream, out var e));
            ChatChunkScanner.Scan(e.Data.Of(Stream), ref facts);
        };
    }

    private static Action ResolveAndExplain()
    {
        var fleet = Fleets.Equal(16);
        var index = new NameIndex(fleet, [new VirtualModel("auto", ["*"])]);
        var router = new Router(new RouterOptions());
        var request = Fleets.Request();
        var reports = new CandidateReport[16];
        return () =>
        {
            index.TryResolve("auto:cheap"u8, out var target);
            router.Explain(target.Candidates, request, [], 5, reports);
        };
    }

    private static Action ChooseAndRecord(string policy)
    {
        var router = new Router(new RouterOptions { Policy = policy });
        var fleet = Fleets.Equal(16);
        var hashes = new ulong[20];
        var request = Fleets.Request() with { PrefixBlockTokens = 50, SessionHash = 99 };
        var decision = default(RouteDecision);
        long now = 0;
        return () =>
        {
            now += Fleets.SecondNs / 10;
            hashes[(int)(now % 20)]++;
            router.Choose(fleet.All, request, hashes, now, ref decision, out var lease);
            router.OnFirstToken(ref lease, now + 1_000_000);
            router.OnTokens(ref lease, 300, now + 9_000_000);
            router.OnFinished(ref lease, new RouteOutcome { PromptTokens = 1000, CachedTokens = 100, CompletionTokens = 300 }, now + 9_000_000);
        };
    }
}
