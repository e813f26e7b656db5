using RouterDaemon.Store;
using RouterDaemon.Store.Records;
using Xunit;

namespace RouterDaemon.Tests.Store;

/// <summary>Kept conversations: bounded by age, count and bytes, each at, below and above.</summary>
public sealed class ResponseRowsTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 0, 0, 0, TimeSpan.Zero);
    private readonly TempFolder _folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(29, true)]
    [InlineData(30, true)]
    [InlineData(31, false)]
    public async Task AgeBounds(int days, bool found)
    {
        await using var store = ContextStore.Open(_folder.File("c.db"), TimeProvider.System);
        await store.WriteAsync(c => ResponseRows.Keep(c, "a", [1], Now - TimeSpan.FromDays(days), 10, 100), Ct);
        Assert.Equal(found, await store.ReadAsync(c => ResponseRows.Find(c, "a", Now), Ct) is not null);
        await store.WriteAsync(c => ResponseRows.Keep(c, "b", [1], Now, 10, 100), Ct);
        Assert.Equal(found ? 2L : 1L, await store.ReadAsync(c => c.Scalar("SELECT count(*) FROM r_responses"), Ct));
    }

    [Fact]
    public async Task CountBounds()
    {
        await using var store = ContextStore.Open(_folder.File("c.db"), TimeProvider.System);
        for (var i = 0; i < 5; i++)
        {
            await store.WriteAsync(c => ResponseRows.Keep(c, $"r{i}", [1], Now, 4, 100), Ct);
            Assert.Equal(Math.Min(i + 1L, 4), await store.ReadAsync(c => c.Scalar("SELECT count(*) FROM r_responses"), Ct));
        }

        Assert.Null(await store.ReadAsync(c => ResponseRows.Find(c, "r0", Now), Ct));
        Assert.NotNull(await store.ReadAsync(c => ResponseRows.Find(c, "r1", Now), Ct));
    }

    [Theory]
    [InlineData(49, 2)]
    [InlineData(50, 2)]
    [InlineData(51, 1)]
    public async Task ByteBounds(int bytes, long kept)
    {
        await using var store = ContextStore.Open(_folder.File("c.db"), TimeProvider.System);
        await store.WriteAsync(c => ResponseRows.Keep(c, "a", new byte[50], Now, 10, 100), Ct);
        await store.WriteAsync(c => ResponseRows.Keep(c, "b", new byte[bytes], Now, 10, 100), Ct);
        Assert.Equal(kept, await store.ReadAsync(c => c.Scalar("SELECT count(*) FROM r_responses"), Ct));
        Assert.NotNull(await store.ReadAsync(c => ResponseRows.Find(c, "b", Now), Ct));
    }

    [Fact]
    public async Task OneConversationIsBounded()
    {
        await using var store = ContextStore.Open(_folder.File("c.db"), TimeProvider.System);
        await store.KeepResponseAsync("fits", new byte[ResponseLimits.MaxConversationBytes], Ct);
        Assert.Equal(ResponseLimits.MaxConversationBytes, (await store.FindResponseAsync("fits", Ct))!.Length);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => store.KeepResponseAsync("large", new byte[ResponseLimits.MaxConversationBytes + 1], Ct));
    }
}
