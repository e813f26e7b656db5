using System.Text;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.Wire;
using RouterDaemon.Tests.Core.Routing;
using Xunit;

namespace RouterDaemon.Tests.Core;

public sealed class AllocationTests
{
    private static readonly byte[] Body = Encoding.UTF8.GetBytes(
        $$"""{"model":"m","stream":true,"messages":[{"role":"system","content":"{{new string('s', 2000)}}"},{"role":"user","content":"{{new string('u', 2000)}}"}],"max_tokens":9}""");

    public static TheoryData<string> Policies => [.. RoutingPolicies.Table.Select(p => p.Name)];

    [Fact]
    public void TheCanaryAllocates() => Assert.True(AllocationRing.BytesPerBatch(() => GC.KeepAlive(new object())) >= 200 * 16);

    [Fact]
    public void PeekAllocatesNothing()
    {
        var hashes = new ulong[PrefixHasher.MaxHashes];
        Assert.Equal(0, AllocationRing.BytesPerBatch(() => Assert.True(RequestPeeker.TryPeek(Body, hashes, 1, out _, out _))));
    }

    [Fact]
    public void StreamScanAllocatesNothing()
    {
        var stream = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}],\"usage\":{\"prompt_tokens\":3}}\n\ndata: [DONE]\n\n"u8.ToArray();
        var facts = default(ChunkFacts);
        Assert.Equal(0, AllocationRing.BytesPerBatch(() =>
        {
            Assert.True(SseScanner.TryReadEvent(stream, out var e));
            ChatChunkScanner.Scan(e.Data.Of(stream), ref facts);
        }));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void ChooseAndRecordAllocateNothing(string policy)
    {
        var router = new Router(new RouterOptions { Policy = policy });
        var fleet = Fleets.Equal(16);
        var all = fleet.All;
        var hashes = new ulong[20];
        var request = Fleets.Request() with { PrefixBlockTokens = 50, SessionHash = 99 };
        var decision = default(RouteDecision);
        long now = 0;
        Assert.Equal(0, AllocationRing.BytesPerBatch(() =>
        {
            now += Fleets.SecondNs / 10;
            hashes[(int)(now % 20)]++;
            router.Choose(all, request, hashes, now, ref decision, out var lease);
            router.OnFirstToken(ref lease, now + 1_000_000);
            router.OnTokens(ref lease, 300, now + 9_000_000);
            router.OnFinished(ref lease, new RouteOutcome { PromptTokens = 1000, CachedTokens = 100, CompletionTokens = 300 }, now + 9_000_000);
        }));
    }

    [Fact]
    public void NamesAndExplanationsAllocateNothing()
    {
        var fleet = Fleets.Equal(16);
        var index = new NameIndex(fleet, [new VirtualModel("auto", ["*"])]);
        var router = new Router(new RouterOptions());
        var request = Fleets.Request();
        var reports = new CandidateReport[16];
        Assert.Equal(0, AllocationRing.BytesPerBatch(() =>
        {
            index.TryResolve("auto:cheap"u8, out var target);
            router.Explain(target.Candidates, request, [], 5, reports);
        }));
    }
}
