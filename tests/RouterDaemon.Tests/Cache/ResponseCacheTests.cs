using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using RouterDaemon.Backends;
using RouterDaemon.Cache;
using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;
using RouterDaemon.Fleet;
using RouterDaemon.Http;
using RouterDaemon.Keys;
using RouterDaemon.Relay;
using RouterDaemon.Store;
using RouterDaemon.Store.Journal;
using RouterDaemon.Store.Records;
using RouterDaemon.Telemetry;
using RouterDaemon.Tests.Engine;
using RouterDaemon.Tests.Store;
using Xunit;

namespace RouterDaemon.Tests.Cache;

/// <summary>Flights, callers and walls, without sockets: a "leader" is a call that the cache sends to a deployment.</summary>
public sealed class ResponseCacheTests : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly RequestJournal _journal;
    private readonly DeadlineWatch _watch;
    private readonly Clock _clock;
    private readonly ResponseCache _cache;
    private ContextStore _store = null!;
    private JournalDrain _drain = null!;
    private ulong _requests;

    public ResponseCacheTests()
    {
        _journal = RequestJournal.Open(_folder.File("journal"));
        _clock = new Clock(_time);
        _watch = new DeadlineWatch(_time, TimeSpan.FromSeconds(1));
        _cache = new ResponseCache(_watch, new RequestRecorder(_journal, new RequestMeters(), _clock, NullLogger.Instance), new RelayOptions(), _clock, NullLogger.Instance);
        Apply(new CacheConfig { Enabled = true, MaxBytes = 64 << 10, TimeToLive = TimeSpan.FromSeconds(60) });
    }

    public async ValueTask InitializeAsync()
    {
        _store = ContextStore.Open(_folder.File("context.db"), TimeProvider.System);
        _drain = await JournalDrain.StartAsync(_store, _journal, "test", e => Assert.Fail(e.ToString()), CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _drain.DisposeAsync();
        await _store.DisposeAsync();
        _watch.Dispose();
        _journal.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task AHundredAtOnceAskOnce()
    {
        List<(InferenceCall Call, Task<bool> Answered)> all = [];
        for (int i = 0; i < 100; i++)
            all.Add(await AskAsync());
        (InferenceCall leader, Task<bool> asked) = Assert.Single(all, a => a.Answered.IsCompleted);
        Assert.False(await asked);
        Lead(leader);
        Assert.Equal(99, (await Task.WhenAll(all.Select(a => a.Answered))).Count(answered => answered));
        Assert.Equal((1, 99, 0), (_cache.Misses, _cache.Coalesced, _cache.Hits));
        all.ForEach(a => a.Call.Dispose());
        await IsKeptAsync(true);
    }

    [Fact]
    public async Task OneFollowerTakesTheLeadOfALeaderThatFailed()
    {
        List<(InferenceCall Call, Task<bool> Answered)> all = [];
        for (int i = 0; i < 10; i++)
            all.Add(await AskAsync());
        all[0].Call.Dispose();
        await Eventually(() => all.Count(a => a.Answered.IsCompleted) == 2);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        (InferenceCall second, Task<bool> asked) = Assert.Single(all[1..], a => a.Answered.IsCompleted);
        Assert.False(await asked);
        Lead(second);
        Assert.Equal(8, (await Task.WhenAll(all.Select(a => a.Answered))).Count(answered => answered));
        all[1..].ForEach(a => a.Call.Dispose());
    }

    [Fact]
    public async Task AfterThreeFailedLeadersAllGoOnByThemselves()
    {
        List<(InferenceCall Call, Task<bool> Answered)> all = [];
        for (int i = 0; i < 10; i++)
            all.Add(await AskAsync());
        Assert.Single(all, a => a.Answered.IsCompleted);
        // A follower that wakes late may miss a flight and wait for one more; one after the other they would need ten rounds.
        int rounds = 0;
        for (; all.Count > 0; rounds++)
        {
            await Eventually(() => all.Exists(a => a.Answered.IsCompleted));
            await Task.Delay(20, TestContext.Current.CancellationToken);
            foreach ((InferenceCall call, Task<bool> asked) in all.FindAll(a => a.Answered.IsCompleted))
            {
                Assert.False(await asked);
                all.RemoveAll(a => a.Call == call);
                call.Dispose();
            }
        }

        Assert.InRange(rounds, 4, 7);
    }

    [Fact]
    public async Task AFollowerHasItsOwnDeadline()
    {
        (InferenceCall leader, _) = await AskAsync();
        (InferenceCall call, Task<bool> answered) = await AskAsync(prepare: c => c.DeadlineTimestamp = _clock.After(TimeSpan.FromSeconds(2)));
        Assert.False(answered.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(2));
        ApiException late = await Assert.ThrowsAsync<ApiException>(() => answered);
        Assert.Equal(504, late.Error.Status);
        call.Dispose();
        leader.Dispose();
    }

    [Fact]
    public async Task CallersHaveAnswersOfTheirOwnUnlessTheyAreShared()
    {
        await FillAsync("key_a");
        await IsKeptAsync(true, "key_a");
        await IsKeptAsync(false, "key_b");
        await IsKeptAsync(false, null);
        Apply(new CacheConfig { Enabled = true, MaxBytes = 64 << 10, Shared = true });
        await FillAsync("key_a");
        await IsKeptAsync(true, "key_b");
    }

    [Fact]
    public async Task AnAnswerOfADeploymentThatMayNotAnswerNowIsNoHit()
    {
        await FillAsync(null);
        await IsKeptAsync(true, null);
        await IsKeptAsync(false, null, deployment: "m/other");
        await FillAsync(null, floor: TrustLevel.Private);
        await IsKeptAsync(true, null, floor: TrustLevel.Private);
        await IsKeptAsync(false, null, floor: TrustLevel.Private, trust: TrustLevel.Public);
    }

    [Fact]
    public async Task SwitchedOffNothingAppliesAndNothingStays()
    {
        await FillAsync(null);
        Apply(new CacheConfig());
        using InferenceCall call = await CallAsync(null, "m/b", TrustLevel.Private, TrustLevel.Public);
        Assert.False(_cache.Applies(call));
        Assert.Equal((0, 0L), (_cache.Entries, _cache.Bytes));
    }

    [Theory]
    [InlineData(8 << 10, true)]
    [InlineData((8 << 10) + 1, false)]
    public async Task AnEntryIsBoundedAndALargerOneLetsFollowersGo(int bytes, bool kept)
    {
        (InferenceCall leader, _) = await AskAsync();
        (InferenceCall follower, Task<bool> answered) = await AskAsync();
        leader.Recording!.Take(new byte[bytes]);
        leader.Recording.Complete(Dialect.OpenAi, leader);
        Assert.Equal(kept, await answered);
        Assert.Equal(kept ? 1 : 0, _cache.Entries);
        leader.Dispose();
        follower.Dispose();
    }

    private static async Task Eventually(Func<bool> condition)
    {
        for (int i = 0; i < 1000 && !condition(); i++)
            await Task.Delay(5, TestContext.Current.CancellationToken);
        Assert.True(condition());
    }

    private static void Lead(InferenceCall leader)
    {
        leader.Recording!.Take("""{"choices":[]}"""u8);
        leader.Recording.Complete(Dialect.OpenAi, leader);
    }

    private void Apply(CacheConfig cache) => _cache.Apply(new RouterdConfig { Cache = cache });

    private async Task FillAsync(string? keyId, TrustLevel floor = TrustLevel.Public)
    {
        (InferenceCall call, Task<bool> answered) = await AskAsync(keyId, floor: floor);
        Assert.False(await answered);
        Lead(call);
        call.Dispose();
    }

    private async Task IsKeptAsync(bool expected, string? keyId = null, string deployment = "m/b", TrustLevel trust = TrustLevel.Private, TrustLevel floor = TrustLevel.Public)
    {
        (InferenceCall call, Task<bool> answered) = await AskAsync(keyId, deployment, trust, floor);
        Assert.Equal(expected, await answered);
        call.Dispose();
    }

    private async Task<(InferenceCall Call, Task<bool> Answered)> AskAsync(
        string? keyId = null, string deployment = "m/b", TrustLevel trust = TrustLevel.Private, TrustLevel floor = TrustLevel.Public, Action<InferenceCall>? prepare = null)
    {
        InferenceCall call = await CallAsync(keyId, deployment, trust, floor);
        prepare?.Invoke(call);
        Assert.True(_cache.Applies(call));
        return (call, _cache.TryAnswerAsync(call, RequestTargets.Resolve(call, "m")).AsTask());
    }

    private static ApiKey KeyOf(string id) => new(
        new ApiKeyRow(id, new byte[32], "u", "n", "rd-", null, DateTimeOffset.UnixEpoch), KeyLimits.None, new UserRow("u", default, null, null),
        new KeyUsage(id, KeyLimits.None), null);

    private async Task<InferenceCall> CallAsync(string? keyId, string deploymentId, TrustLevel trust, TrustLevel floor)
    {
        var http = new DefaultHttpContext();
        http.Request.Path = "/v1/chat/completions";
        http.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes("""{"model":"m","temperature":0,"messages":[{"role":"user","content":"hi"}]}"""));
        var context = new RequestContext();
        context.Attach(http.Features);
        context.Begin(_time, ++_requests);
        context.Key = keyId is null ? null : KeyOf(keyId);
        var deployment = new DeploymentEntry { Id = deploymentId, ModelId = "m", BackendId = "b", UpstreamModel = "up", Trust = trust, State = new DeploymentState() };
        var snapshot = new FleetSnapshot([deployment], 1);
        var fleet = new FleetState { Config = new RouterdConfig(), Snapshot = snapshot, Names = new NameIndex(snapshot, []), Backends = [] };
        var call = new InferenceCall(context, Operation.Chat, await RequestBody.ReadAsync(context, 1 << 20), fleet) { Time = _time };
        call.Read(salt: 0);
        call.Route.PrivacyFloor = floor;
        call.Deployment = deployment;
        return call;
    }
}
