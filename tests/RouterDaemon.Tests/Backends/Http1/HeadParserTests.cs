using System.Text;
using RouterDaemon.Backends.Http1;
using RouterDaemon.Core.Wire;
using Xunit;

namespace RouterDaemon.Tests.Backends.Http1;

/// <summary>The head parser against its slow twin, and at its limits.</summary>
public sealed class HeadParserTests
{
    private static readonly string[] Seeds =
    [
        "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: 12\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/event-stream\r\nConnection: keep-alive\r\n\r\nrest",
        "HTTP/1.0 200\r\nConnection: Keep-Alive\r\ncontent-length:0\r\n\r\n",
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nDate: Wed, 25 Nov 2026 10:00:00 GMT\r\nx-llm-d-request-dropped-reason: rejected\r\nContent-Length: 3\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: foo, close\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n",
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 1\r\nContent-Length: 1\r\nX: \ty \t\r\n\r\n",
    ];

    private static readonly string[] Pieces =
    [
        "\r\n", "\r", "\n", " ", "\t", ":", "\0", "\u007f", "\u00ff", "HTTP/1.1 ", "HTTP/2 ", "200", "chunked", "identity", "gzip", "close", ",", ";", "99999999999999999999",
        "Content-Length: 5\r\n", "Content-Length: 6\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Connection: close\r\n", "Connection: keep-alive\r\n", " folded\r\n", "bad name: x\r\n", "\r\n\r\n",
    ];

    [Fact]
    public void AgreesWithItsOracleOnMutatedHeads()
    {
        int rounds = Environment.GetEnvironmentVariable("ROUTERD_LONG") == "1" ? 3_000_000 : 30_000;
        var random = new Random(4);
        var seen = new int[4];
        for (int i = 0; i < rounds; i++)
        {
            byte[] bytes = Mutate(random, Seeds[random.Next(Seeds.Length)]);
            HeadOracle.Answer expected = HeadOracle.Read(bytes);
            seen[(int)expected.Result]++;
            Assert.Equal(expected, Parse(bytes, bytes.Length));
        }

        Assert.True(seen[(int)HeadResult.Complete] > rounds / 50 && seen[(int)HeadResult.Invalid] > rounds / 50 && seen[(int)HeadResult.Incomplete] > rounds / 50, string.Join(' ', seen));
    }

    [Fact]
    public void PiecesOfAnySizeGiveTheSameHead()
    {
        foreach (string seed in Seeds)
        {
            byte[] bytes = Encoding.Latin1.GetBytes(seed);
            HeadOracle.Answer whole = Parse(bytes, bytes.Length);
            for (int piece = 1; piece < 20; piece++)
                Assert.Equal(whole, Parse(bytes, piece));
        }
    }

    [Theory]
    [InlineData(Http1HeadParser.MaxHeadBytes - 1, HeadResult.Complete)]
    [InlineData(Http1HeadParser.MaxHeadBytes, HeadResult.Complete)]
    [InlineData(Http1HeadParser.MaxHeadBytes + 1, HeadResult.TooLarge)]
    public void TheHeadHasALimit(int length, object expected)
    {
        const string Before = "HTTP/1.1 200 OK\r\nx-long: ";
        byte[] bytes = Encoding.Latin1.GetBytes(Before + new string('a', length - Before.Length - 4) + "\r\n\r\n");
        Assert.Equal(length, bytes.Length);
        Assert.Equal((HeadResult)expected, Parse(bytes, bytes.Length).Result);
    }

    [Theory]
    [InlineData(Http1HeadParser.MaxHeaders - 1, HeadResult.Complete)]
    [InlineData(Http1HeadParser.MaxHeaders, HeadResult.Complete)]
    [InlineData(Http1HeadParser.MaxHeaders + 1, HeadResult.TooLarge)]
    public void HeadersHaveALimit(int count, object expected)
    {
        byte[] bytes = Encoding.Latin1.GetBytes("HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Range(0, count).Select(i => $"x{i}: y\r\n")) + "\r\n");
        Assert.Equal((HeadResult)expected, Parse(bytes, bytes.Length).Result);
    }

    [Fact]
    public void AnEndlessHeadIsRefusedBeforeItsEnd()
    {
        byte[] bytes = Encoding.Latin1.GetBytes("HTTP/1.1 200 OK\r\nx: " + new string('a', Http1HeadParser.MaxHeadBytes));
        Assert.Equal(HeadResult.TooLarge, Parse(bytes, 4096).Result);
        Assert.Equal(HeadResult.Invalid, Parse("SSH-2.0-OpenSSH"u8.ToArray(), 1).Result);
    }

    private static HeadOracle.Answer Parse(byte[] bytes, int piece)
    {
        int scanned = 0;
        for (int length = Math.Min(piece, bytes.Length); ; length = Math.Min(length + piece, bytes.Length))
        {
            ReadOnlySpan<byte> buffer = bytes.AsSpan(0, length);
            HeadResult result = Http1HeadParser.Parse(buffer, ref scanned, out Http1Head head);
            if (result == HeadResult.Incomplete && length < bytes.Length)
                continue;
            return result == HeadResult.Complete
                ? new(result, head.Status, head.Length, head.ContentLength, head.IsChunked, head.KeepAlive, head.IsEncoded, Text(buffer, head.MediaType), Text(buffer, head.RetryAfter))
                : new(result);
        }
    }

    private static string Text(ReadOnlySpan<byte> buffer, ByteRange range) => Encoding.Latin1.GetString(range.Of(buffer));

    private static byte[] Mutate(Random random, string seed)
    {
        string text = seed;
        for (int n = random.Next(4); n > 0; n--)
        {
            int at = random.Next(text.Length + 1);
            int cut = Math.Min(random.Next(4) == 0 ? random.Next(8) : 0, text.Length - at);
            text = text[..at] + Pieces[random.Next(Pieces.Length)] + text[(at + cut)..];
        }

        return Encoding.Latin1.GetBytes(random.Next(8) == 0 ? text[..random.Next(text.Length)] : text);
    }
}
