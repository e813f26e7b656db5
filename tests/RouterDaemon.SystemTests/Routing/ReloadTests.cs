using System.Globalization;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Routing;

/// <summary>A configuration that changes while streams run.</summary>
public sealed class ReloadTests
{
    private const int Streams = 500, Reloads = 200, Tokens = 200;

    /// <summary>The backend of the streams goes, comes back with other settings, and goes again under them.</summary>
    [Fact]
    public async Task TwoHundredReloadsUnderFiveHundredStreamsBreakNone()
    {
        await using Fleet fleet = await Fleet.StartAsync(["", ""], "auth: { required: false }\n");
        foreach (MockUpstream upstream in fleet.Upstreams)
            upstream.Default = MockBehaviour.Ok("") with { AnswerTokens = Tokens, TokensPerSecond = 20 };
        string file = Path.Combine(fleet.Daemon.Home, "routerd.yaml"), text = await File.ReadAllTextAsync(file);
        Task<StreamReply>[] streams = [.. Enumerable.Range(0, Streams).Select(i => fleet.Client.StreamAsync(Chat.Body("pool", i.ToString(CultureInfo.InvariantCulture))))];
        await Eventually.TrueAsync(() => fleet.Upstreams.Sum(u => u.Posts.Count) == Streams, TimeSpan.FromSeconds(20), () => "the streams did not begin");

        string without = text.Replace("id: a,", "id: z,", StringComparison.Ordinal).Replace("[m/a, m/b]", "[m/z, m/b]", StringComparison.Ordinal);
        Assert.NotEqual(text, without);
        for (int i = 0; i < Reloads; i++)
        {
            await File.WriteAllTextAsync(file, (i % 3) switch { 0 => without, 1 => text + "log: { requests: true }\n", _ => text });
            using HttpResponseMessage reloaded = await fleet.Client.PostAsync("/admin/reload", null);
            Assert.True(reloaded.IsSuccessStatusCode, await reloaded.Content.ReadAsStringAsync());
        }

        Assert.Contains(streams, s => !s.IsCompleted);
        foreach (StreamReply reply in await Task.WhenAll(streams))
            Assert.True(reply.Done, reply.ToString());
    }
}
