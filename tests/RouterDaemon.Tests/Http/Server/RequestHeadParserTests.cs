using System.Text;
using RouterDaemon.Core.Wire;
using RouterDaemon.Http.Server;
using Xunit;

namespace RouterDaemon.Tests.Http.Server;

/// <summary>The request parser against its slow twin, at its limits, and with requests that two readers would take for different ones.</summary>
public sealed class RequestHeadParserTests
{
    private const string Get = "GET / HTTP/1.1\r\nHost: a\r\n";

    private static readonly string[] Seeds =
    [
        "POST /v1/chat/completions?x=1 HTTP/1.1\r\nHost: localhost:8000\r\nContent-Type: application/json\r\nContent-Length: 12\r\nAuthorization: Bearer k\r\n\r\n{\"a\":1}",
        "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
        "POST /x HTTP/1.1\r\nhost:\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nConnection: foo, close\r\n\r\n0\r\n\r\n",
        "HEAD http://a/b HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 00\r\nX: \ty \t\r\n\r\nGET / HTTP/1.1\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: keep-alive\r\nEXPECT: 100-Continue\r\n\r\n",
        "PATCH /a%20b HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n",
    ];

    private static readonly string[] Pieces =
    [
        "\r\n", "\r", "\n", " ", "\t", ":", "\0", "\u007f", "\u00ff", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", " HTTP/1.1\r\n", "chunked", "identity", "close", "keep-alive", ",", ";", "99999999999999999999",
        "Content-Length: 5\r\n", "Content-Length: 6\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n", "Connection: close\r\n", "Connection: keep-alive\r\n",
        "Expect: 100-continue\r\n", "Expect: x\r\n", "Host: b\r\n", " folded\r\n", "bad name: x\r\n", "space : x\r\n", "\r\n\r\n",
    ];

    [Fact]
    public void AgreesWithItsOracleOnMutatedHeads()
    {
        int rounds = Environment.GetEnvironmentVariable("ROUTERD_LONG") == "1" ? 3_000_000 : 30_000;
        var random = new Random(5);
        var seen = new int[4];
        // One head for all, as a connection has one: nothing of a request may be left in it.
        var head = new RequestHead();
        for (int i = 0; i < rounds; i++)
        {
            byte[] bytes = Mutate(random, Seeds[random.Next(Seeds.Length)]);
            RequestHeadOracle.Answer expected = RequestHeadOracle.Read(bytes);
            seen[(int)expected.Result]++;
            Assert.Equal(expected, Parse(bytes, bytes.Length, head));
        }

        Assert.True(seen[(int)HeadResult.Complete] > rounds / 50 && seen[(int)HeadResult.Invalid] > rounds / 50 && seen[(int)HeadResult.Incomplete] > rounds / 50, string.Join(' ', seen));
    }

    [Fact]
    public void PiecesOfAnySizeGiveTheSameHead()
    {
        string longest = $"GET /{new string('a', ServerLimits.MaxRequestLineBytes - 14)} HTTP/1.1";
        Assert.Equal(ServerLimits.MaxRequestLineBytes, longest.Length);
        string[] large =
        [
            $"{longest}\r\nHost: a\r\n\r\n",
            $"{longest}1\r\nHost: a\r\n\r\n",
            $"GET /{new string('a', ServerLimits.MaxHeadBytes)} HTTP/1.1\r\nHost: a\r\n\r\n",
            $"{Get}X: {new string('a', ServerLimits.MaxHeadBytes - Get.Length - 7)}\r\n\r\n",
            $"{Get}X: {new string('a', ServerLimits.MaxHeadBytes - Get.Length - 6)}\r\n\r\n",
        ];
        foreach (string seed in Seeds.Concat(large))
        {
            byte[] bytes = Encoding.Latin1.GetBytes(seed);
            RequestHeadOracle.Answer whole = Parse(bytes, bytes.Length);
            Assert.Equal(RequestHeadOracle.Read(bytes), whole);
            foreach (int piece in Enumerable.Range(1, 19).Append(4096))
                Assert.Equal(whole, Parse(bytes, piece));
        }
    }

    [Theory]
    [InlineData(ServerLimits.MaxRequestLineBytes - 1, 0)]
    [InlineData(ServerLimits.MaxRequestLineBytes, 0)]
    [InlineData(ServerLimits.MaxRequestLineBytes + 1, 414)]
    public void TheRequestLineHasALimit(int length, int status) =>
        Assert.Equal(status, Status($"GET /{new string('a', length - 14)} HTTP/1.1\r\nHost: a\r\n\r\n"));

    [Theory]
    [InlineData(ServerLimits.MaxHeadBytes - 1, 0)]
    [InlineData(ServerLimits.MaxHeadBytes, 0)]
    [InlineData(ServerLimits.MaxHeadBytes + 1, 431)]
    public void TheHeadHasALimit(int length, int status) => Assert.Equal(status, Status($"{Get}X: {new string('a', length - Get.Length - 7)}\r\n\r\n"));

    [Theory]
    [InlineData(ServerLimits.MaxHeaders - 1, 0)]
    [InlineData(ServerLimits.MaxHeaders, 0)]
    [InlineData(ServerLimits.MaxHeaders + 1, 431)]
    public void HeadersHaveALimit(int count, int status) => Assert.Equal(status, Status(Get + string.Concat(Enumerable.Range(1, count - 1).Select(i => $"x{i}: y\r\n")) + "\r\n"));

    [Fact]
    public void AnEndlessHeadIsRefusedBeforeItsEnd()
    {
        Assert.Equal(431, Status(Get + "X: " + new string('a', ServerLimits.MaxHeadBytes)));
        Assert.Equal(414, Status("GET /" + new string('a', ServerLimits.MaxRequestLineBytes)));
        // TLS on this port.
        Assert.Equal(400, Status("\u0016\u0003"));
    }

    [Theory]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400)]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400)]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n", 400)]
    [InlineData("Content-Length: 5\r\nContent-Length: 5\r\n", 0)]
    [InlineData("Content-Length: 5, 5\r\n", 400)]
    [InlineData("Content-Length: +5\r\n", 400)]
    [InlineData("Content-Length: -5\r\n", 400)]
    [InlineData("Content-Length: 0x5\r\n", 400)]
    [InlineData("Content-Length:\r\n", 400)]
    [InlineData("Content-Length: 999999999999999999\r\n", 0)]
    [InlineData("Content-Length: 1000000000000000000\r\n", 400)]
    [InlineData("Content-Length : 5\r\n", 400)]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 501)]
    [InlineData("Transfer-Encoding: chunked, chunked\r\n", 501)]
    [InlineData("Transfer-Encoding: xchunked\r\n", 501)]
    [InlineData("Transfer-Encoding: \u000bchunked\r\n", 400)]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n", 501)]
    [InlineData("Transfer-Encoding: identity\r\n", 501)]
    [InlineData("Transfer-Encoding:\r\n", 501)]
    [InlineData("Transfer-Encoding\r\n", 400)]
    [InlineData("Transfer-Encoding:\tCHUNKED \t\r\n", 0)]
    [InlineData("X: a\r\n b\r\n", 400)]
    [InlineData("X: a\r\n\tTransfer-Encoding: chunked\r\n", 400)]
    [InlineData("X : a\r\n", 400)]
    [InlineData("X\t: a\r\n", 400)]
    [InlineData(": a\r\n", 400)]
    [InlineData("X: a\nY: b\r\n", 400)]
    [InlineData("X: a\rY: b\r\n", 400)]
    [InlineData("X: a\0b\r\n", 400)]
    [InlineData("X\0: b\r\n", 400)]
    [InlineData("Host: b\r\n", 400)]
    [InlineData("Host: a\r\n", 400)]
    public void WhatCouldBeReadInTwoWaysIsRefused(string lines, int status) => Assert.Equal(status, Status($"{Get}{lines}\r\n"));

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", 0)]
    [InlineData("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505)]
    [InlineData("PRI * HTTP/2.0\r\n\r\n", 505)]
    [InlineData("GET / HTTP/11\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / http/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400)]
    [InlineData(" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /\u00e9 HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    public void RequestLinesAreOfOneForm(string head, int status) => Assert.Equal(status, Status(head));

    [Fact]
    public void BareLineFeedsEndNothing() => Assert.Equal(HeadResult.Incomplete, Parse(Encoding.Latin1.GetBytes("GET / HTTP/1.1\nHost: a\n\n"), 1).Result);

    [Theory]
    [InlineData("1.1", "", true)]
    [InlineData("1.0", "", false)]
    [InlineData("1.1", "Connection: close\r\n", false)]
    [InlineData("1.0", "Connection: keep-alive\r\n", true)]
    [InlineData("1.1", "Connection: x, Close , y\r\n", false)]
    [InlineData("1.1", "Connection: closed\r\n", true)]
    [InlineData("1.1", "Connection: close\r\nConnection: keep-alive\r\n", false)]
    [InlineData("1.0", "Connection: close\r\nConnection: keep-alive\r\n", false)]
    [InlineData("1.0", "Connection: keep-alive\r\nConnection: close\r\n", false)]
    [InlineData("1.0", "Connection: keep-alive\r\nConnection: x\r\n", true)]
    public void CloseWinsInWhateverLineItStands(string version, string lines, bool keeps) =>
        Assert.Equal(keeps, Parse(Encoding.Latin1.GetBytes($"GET / HTTP/{version}\r\nHost: a\r\n{lines}\r\n"), 4096).KeepAlive);

    private static int Status(string head)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(head);
        RequestHeadOracle.Answer answer = Parse(bytes, bytes.Length);
        Assert.Equal(RequestHeadOracle.Read(bytes), answer);
        return answer.Status;
    }

    private static RequestHeadOracle.Answer Parse(byte[] bytes, int piece, RequestHead? reused = null)
    {
        RequestHead head = reused ?? new RequestHead();
        int scanned = 0;
        for (int length = Math.Min(piece, bytes.Length); ; length = Math.Min(length + piece, bytes.Length))
        {
            byte[] buffer = bytes[..length];
            HeadResult result = RequestHeadParser.Parse(buffer, ref scanned, head);
            if (result == HeadResult.Incomplete && length < bytes.Length)
                continue;
            if (result != HeadResult.Complete)
                return new(result, head.Fault?.Status ?? 0);
            var lines = new List<string>();
            foreach (HeaderLine line in head.Lines)
                lines.Add($"{Text(line.Name)}={Text(line.Value)}");
            return new(
                result, 0, head.Length, Text(head.Method), Text(head.Target), head.IsHttp11, head.ContentLength, head.IsChunked, head.KeepAlive, head.ExpectsContinue,
                head.Hosts > 0 ? Text(head.Host) : "", string.Join('\n', lines));

            string Text(ByteRange range) => Encoding.Latin1.GetString(range.Of(buffer));
        }
    }

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
