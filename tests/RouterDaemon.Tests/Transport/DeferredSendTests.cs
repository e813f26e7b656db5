#pragma warning disable xUnit1051 // Every wait here has a limit of its own.
using System.Net.Sockets;
using System.Text;
using RouterDaemon.Transport;
using Xunit;

namespace RouterDaemon.Tests.Transport;

/// <summary>Sends that wait for the end of their loop's batch.</summary>
public sealed class DeferredSendTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("epoll tcp")]
    [InlineData("epoll-alone tcp")]
    public async Task AnotherThreadSendsWithoutWaitingForTheBatch(string kind)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "epoll is Linux's");
        using var listener = new TestListener(kind);
        (Socket blockerPeer, Channel blocker) = await listener.RawPairAsync();
        (Socket firstPeer, Channel first) = await listener.RawPairAsync();
        (Socket secondPeer, Channel second) = await listener.RawPairAsync();
        using var blocked = new ManualResetEventSlim();
        using var bothSent = new ManualResetEventSlim();
        // The loop stands in a handler until both others are ready: they come in one batch.
        Task blocking = OnReceivedAsync(blocker, () =>
        {
            blocked.Set();
            return Task.FromResult(bothSent.Wait(Limit));
        });
        Task<bool>[] handling = [.. new[] { first, second }.Select(channel => OnReceivedAsync(channel, () =>
        {
            Task deferred = channel.SendAsync("a"u8.ToArray()).AsTask();
            // On the loop's thread, whose batch ends only after this: the pool's thread must not wait for it.
            return Task.FromResult(deferred.IsCompleted && Task.Run(() => channel.SendAsync("b"u8.ToArray()).AsTask()).Wait(Limit));
        }))];
        await blockerPeer.SendAsync(new byte[1]);
        Assert.True(blocked.Wait(Limit));
        await firstPeer.SendAsync(new byte[1]);
        await secondPeer.SendAsync(new byte[1]);
        bothSent.Set();
        await blocking.WaitAsync(Limit);
        Assert.All(await Task.WhenAll(handling).WaitAsync(Limit * 3), Assert.True);
        foreach (Socket peer in (Socket[])[firstPeer, secondPeer])
        {
            var received = new byte[2];
            using var limit = new CancellationTokenSource(Limit);
            using var stream = new NetworkStream(peer, ownsSocket: true);
            await stream.ReadExactlyAsync(received, limit.Token);
            Assert.Equal("ab", Encoding.ASCII.GetString(received));
        }

        foreach (IDisposable end in (IDisposable[])[blockerPeer, blocker, first, second])
            end.Dispose();
    }

    private static async Task<bool> OnReceivedAsync(Channel channel, Func<Task<bool>> handle)
    {
        await channel.ReceiveAsync(new byte[16]).ConfigureAwait(false);
        return await handle().ConfigureAwait(false);
    }
}
