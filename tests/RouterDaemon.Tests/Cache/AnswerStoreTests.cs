using RouterDaemon.Cache;
using RouterDaemon.Tests.Engine;
using Xunit;

namespace RouterDaemon.Tests.Cache;

public sealed class AnswerStoreTests
{
    private static readonly long EntryBytes = AnswerStore.SizeOf(Answers.Of(1000));

    private readonly ManualTime _time = new();
    private readonly AnswerStore _store;

    public AnswerStoreTests() => _store = new AnswerStore(_time);

    [Theory]
    [InlineData(-1, 2)]
    [InlineData(0, 3)]
    [InlineData(1, 3)]
    public void TheBoundHoldsBelowAtAndAboveIt(int moreBytes, int kept)
    {
        _store.Configure((3 * EntryBytes) + moreBytes, TimeSpan.FromMinutes(5));
        foreach (string key in (string[])["a", "b", "c"])
            Add(key);
        Assert.Equal((kept, kept * EntryBytes), (_store.Count, _store.Bytes));
        Assert.Equal(kept == 3, _store.Find("a") is not null);
        Assert.NotNull(_store.Find("c"));
    }

    [Fact]
    public void TheLeastRecentlyUsedGoesFirst()
    {
        _store.Configure(3 * EntryBytes, TimeSpan.FromMinutes(5));
        foreach (string key in (string[])["a", "b", "c"])
            Add(key);
        Assert.NotNull(_store.Find("a"));
        Add("d");
        Assert.Equal("a-cd", Kept("a", "b", "c", "d"));
    }

    [Fact]
    public void AnAnswerLargerThanTheCacheIsNotKeptAndPushesNothingOut()
    {
        _store.Configure(2 * EntryBytes, TimeSpan.FromMinutes(5));
        Add("a");
        _store.Add("b", Answers.Of(10_000, Now));
        Assert.Equal("a-", Kept("a", "b"));
    }

    [Fact]
    public void ASecondAnswerTakesTheFirstOnesPlace()
    {
        _store.Configure(10 * EntryBytes, TimeSpan.FromMinutes(5));
        Add("a");
        _store.Add("a", Answers.Of(10, Now));
        Assert.Equal((1, AnswerStore.SizeOf(Answers.Of(10))), (_store.Count, _store.Bytes));
        Assert.Equal(10, _store.Find("a")!.Body.Length);
    }

    [Fact]
    public void AnAnswerLivesForItsTimeAndNoLonger()
    {
        _store.Configure(10 * EntryBytes, TimeSpan.FromSeconds(60));
        Add("a");
        _time.Advance(TimeSpan.FromSeconds(59.9));
        Assert.NotNull(_store.Find("a"));
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Null(_store.Find("a"));
        Assert.Equal((0, 0L), (_store.Count, _store.Bytes));
    }

    [Fact]
    public void AnAnswerOfAnotherDaemonCountsFromWhenItWasMade()
    {
        _store.Configure(10 * EntryBytes, TimeSpan.FromSeconds(60));
        _store.Add("a", Answers.Of(10, Now - 50_000));
        // That daemon's clock is ahead.
        _store.Add("b", Answers.Of(10, Now + 50_000));
        _store.Add("c", Answers.Of(10, Now - 60_000));
        Assert.Equal("ab-", Kept("a", "b", "c"));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("-b-", Kept("a", "b", "c"));
        _time.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal("---", Kept("a", "b", "c"));
    }

    [Fact]
    public void SmallerBoundsHoldAtOnce()
    {
        _store.Configure(10 * EntryBytes, TimeSpan.FromMinutes(5));
        foreach (string key in (string[])["a", "b", "c"])
            Add(key);
        _store.Configure(EntryBytes, TimeSpan.FromMinutes(5));
        Assert.Equal("--c", Kept("a", "b", "c"));
        _store.Configure(0, TimeSpan.FromMinutes(5));
        Assert.Equal((0, 0L), (_store.Count, _store.Bytes));
        Add("a");
        Assert.Equal(0, _store.Count);
    }

    [Fact]
    public void RandomUseEqualsASlowModel()
    {
        var random = new Random(11);
        var slow = new List<(string Key, int Bytes)>();
        _store.Configure(20_000, TimeSpan.FromMinutes(5));
        for (int i = 0; i < 20_000; i++)
        {
            string key = $"k{random.Next(40)}";
            int place = slow.FindIndex(e => e.Key == key);
            if (random.Next(2) == 0)
            {
                Assert.Equal(place >= 0 ? slow[place].Bytes : -1, _store.Find(key)?.Body.Length ?? -1);
                if (place >= 0)
                    (slow, _) = ([slow[place], .. slow[..place], .. slow[(place + 1)..]], 0);
                continue;
            }

            int bytes = random.Next(3000);
            _store.Add(key, Answers.Of(bytes, Now));
            if (place >= 0)
                slow.RemoveAt(place);
            slow.Insert(0, (key, bytes));
            while (slow.Sum(e => AnswerStore.SizeOf(Answers.Of(e.Bytes))) > 20_000)
                slow.RemoveAt(slow.Count - 1);
            Assert.Equal((slow.Count, slow.Sum(e => AnswerStore.SizeOf(Answers.Of(e.Bytes)))), (_store.Count, _store.Bytes));
        }
    }

    private long Now => _time.GetUtcNow().ToUnixTimeMilliseconds();

    private void Add(string key) => _store.Add(key, Answers.Of(1000, Now));

    private string Kept(params string[] keys) => string.Concat(keys.Select(k => _store.Find(k) is null ? "-" : k));
}
