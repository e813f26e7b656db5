#pragma warning disable xUnit1051 // Every wait here has a limit of its own.
using System.Net.Sockets;
using RouterDaemon.Transport;
using Xunit;

namespace RouterDaemon.Tests.Transport;

/// <summary>Many connections that send and receive from whatever thread, and are closed at whatever moment.</summary>
public sealed class ChannelStressTests
{
    private const int Period = 65521;
    private const int MaxPiece = 60_000;

    // Bytes by their place in the stream: one that is lost, doubled or out of order is seen at once.
    private static readonly byte[] Pattern = MakePattern();

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task BytesStayInOrderAndNothingHangs(string kind)
    {
        int rounds = Environment.GetEnvironmentVariable("ROUTERD_LONG") == "1" ? 100 : 4;
        for (int round = 0; round < rounds; round++)
        {
            using var listener = new TestListener(kind);
            var tasks = new List<Task>();
            for (int i = 0; i < 40; i++)
            {
                int seed = (round * 1000) + i;
                (Channel client, Channel server) = await listener.PairAsync();
                var random = new Random(seed);
                // A third lives until its bytes are through, the others are closed at some moment, by one end or both.
                bool isWhole = i % 3 == 0;
                int total = random.Next(1, 1_500_000);
                int afterMicros = random.Next(20_000);
                Task[] running =
                [
                    Task.Run(() => SendAsync(client, total, seed, isWhole)),
                    Task.Run(() => SendAsync(server, total, seed + 1, isWhole)),
                    Task.Run(() => ReceiveAsync(client, total, seed + 2, isWhole)),
                    Task.Run(() => ReceiveAsync(server, total, seed + 3, isWhole)),
                ];
                Channel[] closed = i % 3 == 1 ? [client] : [client, server];
                if (!isWhole)
                    tasks.Add(Task.Run(() => CloseAsync(closed, afterMicros)));

                tasks.Add(EndAsync(running, client, server));
            }

            await Task.WhenAll(tasks).WaitAsync(TimeSpan.FromMinutes(2));
            Assert.Empty(listener.Errors);
        }
    }

    private static async Task EndAsync(Task[] running, Channel client, Channel server)
    {
        await Task.WhenAll(running).WaitAsync(TimeSpan.FromMinutes(2));
        client.Dispose();
        server.Dispose();
    }

    private static async Task CloseAsync(Channel[] channels, int afterMicros)
    {
        // Not a wait for anything: the moment is what is random here.
        await Task.Delay(TimeSpan.FromMicroseconds(afterMicros));
        foreach (Channel channel in channels)
            channel.Dispose();
    }

    private static async Task SendAsync(Channel channel, int total, int seed, bool isWhole)
    {
        var random = new Random(seed);
        try
        {
            for (int sent = 0; sent < total;)
            {
                int size = Math.Min(total - sent, random.Next(1, random.Next(2) == 0 ? 100 : MaxPiece));
                await channel.SendAsync(Pattern.AsMemory(sent % Period, size)).ConfigureAwait(false);
                sent += size;
                await MoveAsync(random).ConfigureAwait(false);
            }

            channel.ShutdownSend();
        }
        catch (Exception e) when (!isWhole && e is SocketException or ObjectDisposedException)
        {
            // Closed on the way.
        }
    }

    private static async Task ReceiveAsync(Channel channel, int total, int seed, bool isWhole)
    {
        var random = new Random(seed);
        var buffer = new byte[MaxPiece];
        int received = 0;
        try
        {
            while (true)
            {
                int count = await channel.ReceiveAsync(buffer.AsMemory(0, random.Next(1, random.Next(2) == 0 ? 100 : MaxPiece))).ConfigureAwait(false);
                if (count == 0)
                    break;
                Assert.True(buffer.AsSpan(0, count).SequenceEqual(Pattern.AsSpan(received % Period, count)), $"wrong bytes behind {received}");
                received += count;
                await MoveAsync(random).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (!isWhole && e is SocketException or ObjectDisposedException)
        {
            return;
        }

        if (isWhole)
            Assert.Equal(total, received);
    }

    /// <summary>Goes on another thread now and then.</summary>
    private static async Task MoveAsync(Random random)
    {
        if (random.Next(4) == 0)
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
    }

    private static byte[] MakePattern()
    {
        var random = new Random(7);
        var pattern = new byte[Period + MaxPiece];
        random.NextBytes(pattern.AsSpan(0, Period));
        pattern.AsSpan(0, MaxPiece).CopyTo(pattern.AsSpan(Period));
        return pattern;
    }
}
