#pragma warning disable xUnit1051 // Every wait here has a limit of its own.
using System.Net;
using System.Net.Sockets;
using RouterDaemon.Transport;
using Xunit;

namespace RouterDaemon.Tests.Transport;

/// <summary>What every transport owes its users, whatever it is made of.</summary>
public sealed class ChannelTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task EchoesWhatItIsSent(string kind)
    {
        using var listener = new TestListener(kind);
        (Channel client, Channel server) = await listener.PairAsync();
        using (client)
        using (server)
        {
            Task echoing = EchoAsync(server);
            foreach (int size in (int[])[1, 4096, 1 << 20])
            {
                byte[] sent = Random(size);
                var received = new byte[size];
                Task receiving = ReceiveAllAsync(client, received, size);
                await client.SendAsync(sent).AsTask().WaitAsync(Limit);
                await receiving.WaitAsync(Limit);
                Assert.True(sent.AsSpan().SequenceEqual(received));
            }

            client.ShutdownSend();
            await echoing.WaitAsync(Limit);
            Assert.Equal(0, await ReceiveAsync(client, new byte[1]));
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task ASendLargerThanTheKernelsBufferWaitsForItsReader(string kind)
    {
        using var listener = new TestListener(kind);
        (Channel client, Channel server) = await listener.PairAsync();
        using (client)
        using (server)
        {
            byte[] sent = Random(32 << 20);
            Task sending = client.SendAsync(sent).AsTask();
            var received = new byte[sent.Length];
            await ReceiveAllAsync(server, received, 1 << 20, pieces: 1000).WaitAsync(Limit);
            Assert.False(sending.IsCompleted);
            await ReceiveAllAsync(server, received.AsMemory(1 << 20), sent.Length - (1 << 20), pieces: 100_000).WaitAsync(Limit);
            await sending.WaitAsync(Limit);
            Assert.True(sent.AsSpan().SequenceEqual(received));
            // What was learnt while the send waited does not confuse the next one.
            await client.SendAsync("x"u8.ToArray()).AsTask().WaitAsync(Limit);
            Assert.Equal(1, await ReceiveAsync(server, new byte[10]));
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task AReceiveThatWaitsIsCompleted(string kind)
    {
        using var listener = new TestListener(kind);
        (Channel client, Channel server) = await listener.PairAsync();
        using (client)
        using (server)
        {
            var buffer = new byte[100];
            for (int i = 0; i < 100; i++)
            {
                Task<int> receive = server.ReceiveAsync(buffer).AsTask();
                Assert.False(receive.IsCompleted);
                await client.SendAsync(new[] { (byte)i }).AsTask().WaitAsync(Limit);
                Assert.Equal(1, await receive.WaitAsync(Limit));
                Assert.Equal(i, buffer[0]);
            }
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task AReceiveMayFillItsBufferExactly(string kind)
    {
        using var listener = new TestListener(kind);
        (Channel client, Channel server) = await listener.PairAsync();
        using (client)
        using (server)
        {
            var buffer = new byte[1000];
            await client.SendAsync(new byte[3000]).AsTask().WaitAsync(Limit);
            for (int i = 0; i < 3; i++)
                await ReceiveAllAsync(server, buffer, buffer.Length).WaitAsync(Limit);
            Task<int> receive = server.ReceiveAsync(buffer).AsTask();
            Assert.False(receive.IsCompleted);
            await client.SendAsync(new byte[1]).AsTask().WaitAsync(Limit);
            Assert.Equal(1, await receive.WaitAsync(Limit));
            // Full, and then the end.
            await client.SendAsync(new byte[1000]).AsTask().WaitAsync(Limit);
            client.Dispose();
            await ReceiveAllAsync(server, buffer, buffer.Length).WaitAsync(Limit);
            Assert.Equal(0, await ReceiveAsync(server, buffer));
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task ThePeersEndIsZeroForEver(string kind)
    {
        using var listener = new TestListener(kind);
        (Channel client, Channel server) = await listener.PairAsync();
        using (server)
        {
            Task<int> waiting = server.ReceiveAsync(new byte[10]).AsTask();
            client.Dispose();
            Assert.Equal(0, await waiting.WaitAsync(Limit));
            Assert.Equal(0, await ReceiveAsync(server, new byte[10]));
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task DataThatCameWithTheEndIsReadBeforeIt(string kind)
    {
        using var listener = new TestListener(kind);
        for (int i = 0; i < 200; i++)
        {
            (Socket client, Channel server) = await listener.RawPairAsync();
            using (server)
            {
                // Before, while and after the receive is made; the buffer larger, and as large as the data.
                Task<int>? waiting = i % 2 == 0 ? server.ReceiveAsync(new byte[i % 4 == 0 ? 10 : 20]).AsTask() : null;
                client.Send(new byte[10]);
                client.Dispose();
                Assert.Equal(10, await (waiting ?? server.ReceiveAsync(new byte[i % 3 == 0 ? 10 : 20]).AsTask()).WaitAsync(Limit));
                Assert.Equal(0, await ReceiveAsync(server, new byte[10]));
            }
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task AResetIsAnError(string kind)
    {
        using var listener = new TestListener(kind);
        (Socket client, Channel server) = await listener.RawPairAsync();
        using (server)
        {
            Task<int> waiting = server.ReceiveAsync(new byte[10]).AsTask();
            // A Unix socket is reset when it is closed with bytes that nobody read.
            await server.SendAsync(new byte[10]).AsTask().WaitAsync(Limit);
            if (!TransportKinds.IsUnix(kind))
                client.LingerState = new LingerOption(true, 0);
            client.Dispose();
            SocketException e = await Assert.ThrowsAsync<SocketException>(() => waiting.WaitAsync(Limit));
            Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
            // Whoever asks again gets an answer, whatever it is.
            Exception? again = await Record.ExceptionAsync(() => server.ReceiveAsync(new byte[10]).AsTask().WaitAsync(Limit));
            Assert.IsNotType<TimeoutException>(again);
            Assert.IsType<SocketException>(await Record.ExceptionAsync(() => server.SendAsync(new byte[10]).AsTask().WaitAsync(Limit)));
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task AResetEndsASendThatWaits(string kind)
    {
        using var listener = new TestListener(kind);
        (Socket client, Channel server) = await listener.RawPairAsync();
        using (server)
        {
            Task sending = server.SendAsync(new byte[32 << 20]).AsTask();
            Assert.False(sending.IsCompleted);
            client.Dispose();
            Assert.IsType<SocketException>(await Record.ExceptionAsync(() => sending.WaitAsync(Limit)));
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task ClosingEndsWhatWaits(string kind)
    {
        using var listener = new TestListener(kind);
        for (int i = 0; i < 50; i++)
        {
            (Channel client, Channel server) = await listener.PairAsync();
            using (server)
            {
                Task receiving = client.ReceiveAsync(new byte[10]).AsTask();
                Task sending = client.SendAsync(new byte[16 << 20]).AsTask();
                Assert.False(receiving.IsCompleted || sending.IsCompleted);
                await Task.WhenAll(Task.Run(client.Dispose), Task.Run(client.Dispose)).WaitAsync(Limit);
                AssertClosed(await Record.ExceptionAsync(() => receiving.WaitAsync(Limit)));
                AssertClosed(await Record.ExceptionAsync(() => sending.WaitAsync(Limit)));
                AssertClosed(await Record.ExceptionAsync(() => client.ReceiveAsync(new byte[1]).AsTask().WaitAsync(Limit)));
                AssertClosed(await Record.ExceptionAsync(() => client.SendAsync(new byte[1]).AsTask().WaitAsync(Limit)));
                client.ShutdownSend();
            }
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task ShutdownEndsOneDirection(string kind)
    {
        using var listener = new TestListener(kind);
        (Channel client, Channel server) = await listener.PairAsync();
        using (client)
        using (server)
        {
            await client.SendAsync(new byte[3]).AsTask().WaitAsync(Limit);
            client.ShutdownSend();
            Assert.Equal(3, await ReceiveAsync(server, new byte[10]));
            Assert.Equal(0, await ReceiveAsync(server, new byte[10]));
            await server.SendAsync(new byte[4]).AsTask().WaitAsync(Limit);
            Assert.Equal(4, await ReceiveAsync(client, new byte[10]));
            Assert.IsType<SocketException>(await Record.ExceptionAsync(() => client.SendAsync(new byte[1]).AsTask().WaitAsync(Limit)));
        }
    }

    private static void AssertClosed(Exception? e) => Assert.True(e is ObjectDisposedException or SocketException, e?.ToString() ?? "it did not fail");

    private static Task<int> ReceiveAsync(Channel channel, byte[] buffer) => channel.ReceiveAsync(buffer).AsTask().WaitAsync(Limit);

    private static async Task ReceiveAllAsync(Channel channel, Memory<byte> into, int count, int pieces = int.MaxValue)
    {
        for (int at = 0; at < count;)
        {
            int received = await channel.ReceiveAsync(into.Slice(at, Math.Min(pieces, count - at)));
            Assert.True(received > 0);
            at += received;
        }
    }

    private static async Task EchoAsync(Channel channel)
    {
        var buffer = new byte[4096];
        while (await channel.ReceiveAsync(buffer) is var received and > 0)
            await channel.SendAsync(buffer.AsMemory(0, received));
        channel.ShutdownSend();
    }

    private static byte[] Random(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}
