using RouterDaemon.Engine;
using Xunit;

namespace RouterDaemon.Tests.Engine;

/// <summary>What a slot held comes back after other requests had it.</summary>
[Collection("engine")]
public sealed class PrefixStoreTests(EngineFixture engine)
{
    private static GenerationRequest Conversation(string name, string question) => EngineFixture.Ask(
        ("system", string.Concat(Enumerable.Range(0, 60).Select(i => $"{name} {i} is on the list. "))), ("user", question));

    [Theory]
    [InlineData(1L << 30, true)]
    [InlineData(0L, false)]
    public async Task ASecondConversationDoesNotCostTheFirstItsPrefix(long bytes, bool isKept)
    {
        await using EngineHost host = Host(slots: 1, bytes);
        Answer first = await EngineFixture.RunAsync(host, Conversation("Item", "Who are you?"), "tiny");
        Assert.Equal(0, first.CachedTokens);
        await EngineFixture.RunAsync(host, Conversation("Page", "Who are you?"), "tiny");
        Answer again = await EngineFixture.RunAsync(host, Conversation("Item", "Who are you?"), "tiny");
        Assert.Equal(first.Text, again.Text);
        if (isKept)
            Assert.Equal(first.PromptTokens - 1, again.CachedTokens);
        else
            Assert.True(again.CachedTokens < 20, $"{again.CachedTokens}");
        Answer further = await EngineFixture.RunAsync(host, Conversation("Page", "What is 7 + 8?"), "tiny");
        Assert.Equal(isKept, further.CachedTokens > further.PromptTokens - 30);
        Assert.Equal("7 + 8 = 15.", (await EngineFixture.RunAsync(host, EngineFixture.Ask("What is 7 + 8?"), "tiny")).Text);
    }

    [Fact]
    public async Task TheCopyUsedLongestAgoMakesRoom()
    {
        await using EngineHost host = Host(slots: 1, 1L << 30);
        Answer one = await EngineFixture.RunAsync(host, Conversation("Item", "hi"), "tiny");
        // Room for two copies and a half.
        long room = (long)(one.PromptTokens * KvBytesPerToken * 2.5);
        await using EngineHost small = Host(slots: 1, room);
        foreach (string name in (string[])["Item", "Page", "Word", "Line"])
            await EngineFixture.RunAsync(small, Conversation(name, "hi"), "tiny");
        // Line is in the slot, Word and Page are kept, Item had to go.
        Assert.True((await EngineFixture.RunAsync(small, Conversation("Word", "hi"), "tiny")).CachedTokens > 100);
        Assert.True((await EngineFixture.RunAsync(small, Conversation("Item", "hi"), "tiny")).CachedTokens < 20);
    }

    [Fact]
    public async Task ManyConversationsOnFewSlotsGiveTheAnswersThatTheyGiveAlone()
    {
        await using EngineHost host = Host(slots: 2, 64L << 20);
        string[] names = [.. Enumerable.Range(0, 8).Select(i => $"Thing{i}")];
        Dictionary<string, string> alone = [];
        foreach (string name in names)
            alone[name] = (await engine.RunAsync(Conversation(name, "What is 7 + 8?"), "exact")).Text;
        for (int round = 0; round < 3; round++)
        {
            Answer[] answers = await Task.WhenAll(names.Select(n => EngineFixture.RunAsync(host, Conversation(n, "What is 7 + 8?"), "tiny")));
            Assert.Equal(names.Select(n => alone[n]), answers.Select(a => a.Text));
            if (round > 0)
                Assert.All(answers, a => Assert.Equal(a.PromptTokens - 1, a.CachedTokens));
        }
    }

    /// <summary>As "routerd models info tiny" says: 5 MiB for 4 slots of 1,024 tokens.</summary>
    private const int KvBytesPerToken = (5 << 20) / 4096;

    private EngineHost Host(int slots, long bytes)
    {
        EngineHost host = new(engine.Log, TimeProvider.System);
        host.SetModels([EngineFixture.Tiny() with { Slots = slots, PrefixCacheBytes = bytes }]);
        return host;
    }
}
