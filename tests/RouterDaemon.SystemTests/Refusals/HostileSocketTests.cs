using System.Net.Sockets;
using System.Text;
using RouterDaemon.SystemTests.Support;
using Xunit;

namespace RouterDaemon.SystemTests.Refusals;

/// <summary>Bytes that no client library would send.</summary>
public sealed class HostileSocketTests(BundledModelDaemon fixture) : IClassFixture<BundledModelDaemon>
{
    private const string Body = """{"model":"tiny","temperature":0,"messages":[{"role":"user","content":"2+2"}]}""";
    private static readonly int Mutations = DaemonBinary.LongRing ? 20_000 : 400;

    private string Good => $"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{fixture.Daemon.Port}\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\nConnection: close\r\n\r\n{Body}";

    [Fact]
    public async Task MutatedRequestsNeverHurt()
    {
        var random = new Random(20_261);
        byte[] good = Encoding.UTF8.GetBytes(Good);
        int answered = 0;
        for (int i = 0; i < Mutations; i++)
        {
            byte[] bytes = Mutate(good, random);
            string reply = await ExchangeAsync(bytes, TimeSpan.FromMilliseconds(300));
            answered += reply.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? 1 : 0;
            Assert.DoesNotContain("   at ", reply);
            Assert.False(reply.StartsWith("HTTP/1.1 5", StringComparison.Ordinal) && !reply.StartsWith("HTTP/1.1 505", StringComparison.Ordinal) && !reply.StartsWith("HTTP/1.1 501", StringComparison.Ordinal),
                $"mutation {i}: {reply}\n--- of\n{Encoding.Latin1.GetString(bytes)}");
        }

        Assert.True(answered > Mutations / 4, $"{answered} of {Mutations} were answered");
        Assert.Contains("2 + 2 = 4.", await ExchangeAsync(good, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task HalfRequestsDoNotHoldOthersUp()
    {
        var open = new List<TcpClient>();
        for (int i = 0; i < 100; i++)
        {
            var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", fixture.Daemon.Port);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Good[..(10 + (i * 2))]));
            open.Add(client);
        }

        ChatReply reply = await fixture.Client.AskAsync(Chat.Body("tiny", "2+2", ("temperature", 0)));
        Assert.Equal("2 + 2 = 4.", reply.Content);
        open.ForEach(c => c.Dispose());
    }

    [Fact]
    public async Task PipelinedRequestsAreAnsweredInOrder()
    {
        string keep = Good.Replace("Connection: close\r\n", "", StringComparison.Ordinal);
        string reply = await ExchangeAsync(Encoding.UTF8.GetBytes(keep + keep + Good), TimeSpan.FromSeconds(20));
        Assert.Equal(3, reply.Split("HTTP/1.1 200").Length - 1);
    }

    [Theory]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n")]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")]
    [InlineData("Content-Length: -1\r\n")]
    [InlineData("Transfer-Encoding: chunked, gzip\r\n")]
    public async Task AmbiguousLengthsAreNotServed(string lengths)
    {
        string request = $"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{fixture.Daemon.Port}\r\nContent-Type: application/json\r\n{lengths}Connection: close\r\n\r\n{Body}";
        string reply = await ExchangeAsync(Encoding.UTF8.GetBytes(request), TimeSpan.FromSeconds(20));
        Assert.DoesNotContain("HTTP/1.1 200", reply);
    }

    private static byte[] Mutate(byte[] good, Random random)
    {
        var bytes = new List<byte>(good);
        for (int edits = random.Next(1, 6); edits > 0; edits--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)));
                    break;
                case 3:
                    bytes.InsertRange(at, "\"{}[]:,\\\r\n\0"u8.ToArray().OrderBy(_ => random.Next()).Take(3));
                    break;
                default:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
            }

            if (bytes.Count == 0)
                bytes.Add((byte)'x');
        }

        return [.. bytes];
    }

    /// <param name="patience">A mutation may have made the request longer than what follows: nothing comes then.</param>
    private async Task<string> ExchangeAsync(byte[] bytes, TimeSpan patience)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", fixture.Daemon.Port);
        NetworkStream stream = client.GetStream();
        using var limit = new CancellationTokenSource(patience);
        using var received = new MemoryStream();
        try
        {
            await stream.WriteAsync(bytes, limit.Token);
            await stream.CopyToAsync(received, limit.Token);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // Reset by the daemon after its answer or instead of one, or nothing came: all are its right.
        }

        return Encoding.UTF8.GetString(received.ToArray());
    }
}
