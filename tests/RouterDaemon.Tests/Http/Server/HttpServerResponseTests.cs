#pragma warning disable xUnit1051 // Every wait here has a limit of its own.
using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using RouterDaemon.Http;
using RouterDaemon.Tests.Transport;
using Xunit;

namespace RouterDaemon.Tests.Http.Server;

/// <summary>How answers are framed, and what their headers may hold.</summary>
public sealed class HttpServerResponseTests
{
    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task AnAnswerThatIsNeverFlushedSaysItsLength(string kind)
    {
        await using var server = new TestServer(kind, [TestServer.On("GET", "/x", c => Write(c, "hello")), TestServer.On("GET", "/empty", _ => ValueTask.CompletedTask)]);
        using TestClient client = await server.ConnectAsync();
        Answer answer = await client.GetAsync("/x");
        Assert.Equal(("hello", "5", null), (answer.Text, answer["Content-Length"], answer["Transfer-Encoding"]));
        Assert.Equal("0", (await client.GetAsync("/empty"))["Content-Length"]);
        // As GET would have it, without the body.
        Assert.Equal("5", (await client.AskAsync(TestClient.Request("HEAD", "/x")))["Content-Length"]);
        Assert.Equal("hello", (await client.GetAsync("/x")).Text);
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task FlushesAreChunks(string kind)
    {
        await using var server = new TestServer(kind, [TestServer.On("GET", "/x", FlushTwiceAsync)]);
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync(TestClient.Request("GET", "/x") + TestClient.Request("HEAD", "/x") + TestClient.Request("GET", "/hot"));
        string head = Encoding.Latin1.GetString(await client.UntilAsync("\r\n\r\n"u8.ToArray()));
        Assert.Contains("\r\nTransfer-Encoding: chunked\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Content-Length", head, StringComparison.Ordinal);
        // What was not flushed goes out with the last chunk.
        Assert.Equal("5\r\nhello\r\n7\r\n world!\r\n1\r\n?\r\n0\r\n\r\n", Encoding.Latin1.GetString(await client.UntilAsync("0\r\n\r\n"u8.ToArray())));
        Answer none = await client.ReadAsync("HEAD");
        Assert.Equal((null, null), (none["Transfer-Encoding"], none["Content-Length"]));
        Assert.Equal("/hot", (await client.ReadAsync()).Text);
        // HTTP/1.0 has no chunks: the connection's end is that of the body.
        Answer old = await client.AskAsync("GET /x HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n");
        Assert.Equal(("hello world!?", true, null), (old.Text, old.Closes, old["Transfer-Encoding"]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(3055)]
    [InlineData(3056)]
    [InlineData(3057)]
    [InlineData(4096)]
    [InlineData(65_536)]
    [InlineData(1 << 20)]
    public async Task PiecesOfAnySizeAreWhole(int size)
    {
        byte[] piece = Enumerable.Range(0, size).Select(i => (byte)(i * 7)).ToArray();
        await using var server = new TestServer("sockets tcp",
        [
            TestServer.On("GET", "/chunks", async c =>
            {
                for (int i = 0; i < 3; i++)
                    await c.Http.Response.BodyWriter.WriteAsync(piece);
            }),
            TestServer.On("GET", "/whole", async c =>
            {
                c.Http.Response.ContentLength = size * 3;
                for (int i = 0; i < 3; i++)
                    await c.Http.Response.Body.WriteAsync(piece);
            }),
            TestServer.On("GET", "/once", c =>
            {
                for (int i = 0; i < 3; i++)
                {
                    Span<byte> span = c.Http.Response.BodyWriter.GetSpan(size);
                    piece.CopyTo(span);
                    c.Http.Response.BodyWriter.Advance(size);
                }

                return ValueTask.CompletedTask;
            }),
        ]);
        using TestClient client = await server.ConnectAsync();
        byte[] expected = [.. piece, .. piece, .. piece];
        foreach (string path in (string[])["/chunks", "/whole", "/once"])
        {
            Answer answer = await client.GetAsync(path);
            Assert.True(expected.AsSpan().SequenceEqual(answer.Body), path);
        }
    }

    [Theory]
    [InlineData("HEAD", "/hot", 200)]
    [InlineData("GET", "/204", 204)]
    [InlineData("GET", "/304", 304)]
    public async Task SomeAnswersHaveNoBody(string method, string path, int status)
    {
        foreach (TheoryDataRow<string> kind in TransportKinds.All)
        {
            await using var server = new TestServer(kind.Data, [TestServer.On("GET", "/204", c => StatusAsync(c, 204)), TestServer.On("GET", "/304", c => StatusAsync(c, 304))]);
            using TestClient client = await server.ConnectAsync();
            Answer answer = await client.AskAsync(TestClient.Request(method, path));
            Assert.Equal(status, answer.Status);
            Assert.Equal((status == 204 ? null : "4", null), (answer["Content-Length"], answer["Transfer-Encoding"]));
            Assert.Equal("/hot", (await client.GetAsync("/hot")).Text);
        }
    }

    [Theory]
    [InlineData(4, 0, true)]
    [InlineData(4, 1, true)]
    [InlineData(6, 0, false)]
    [InlineData(6, 1, false)]
    [InlineData(0, 0, true)]
    public async Task AnAnswerOfAnotherLengthThanAnnouncedIsNoAnswer(int announced, int flushes, bool isTooLong)
    {
        foreach (TheoryDataRow<string> kind in TransportKinds.All)
        {
            Exception? thrown = null;
            await using var server = new TestServer(kind.Data, [TestServer.On("GET", "/x", async c =>
            {
                c.Http.Response.ContentLength = announced;
                try
                {
                    for (int i = 0; i < flushes; i++)
                    {
                        c.Http.Response.BodyWriter.Write("abc"u8);
                        await c.Http.Response.BodyWriter.FlushAsync();
                    }

                    c.Http.Response.BodyWriter.Write((flushes == 0 ? "abcde" : "de").Select(x => (byte)x).ToArray());
                }
                catch (InvalidOperationException e)
                {
                    thrown = e;
                    throw;
                }
            })]);
            using TestClient client = await server.ConnectAsync();
            await client.SendAsync(TestClient.Request("GET", "/x") + TestClient.Request("GET", "/hot"));
            if (isTooLong && flushes == 0)
            {
                // Nothing was sent: there is still time to say so.
                Assert.Equal(500, (await client.ReadAsync()).Status);
                Assert.Equal("/hot", (await client.ReadAsync()).Text);
            }
            else
            {
                // Never more than was announced, and nothing that could be taken for the rest of it.
                string all = await client.ReadToEndAsync();
                int body = all.IndexOf("\r\n\r\n", StringComparison.Ordinal);
                Assert.True(body > 0 && all[(body + 4)..].Length <= announced, all);
                Assert.DoesNotContain("/hot", all, StringComparison.Ordinal);
            }

            Assert.Equal(isTooLong, thrown is not null);
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task AHandlerThatFailsIsAnError(string kind)
    {
        await using var server = new TestServer(kind,
        [
            TestServer.On("GET", "/before", _ => throw new InvalidOperationException("one")),
            TestServer.On("GET", "/after", async c =>
            {
                await Write(c, "half");
                await c.Http.Response.BodyWriter.FlushAsync();
                throw new InvalidOperationException("two");
            }),
        ]);
        using TestClient client = await server.ConnectAsync();
        Answer answer = await client.GetAsync("/before");
        Assert.Equal((500, false), (answer.Status, answer.Closes));
        await client.SendAsync(TestClient.Request("GET", "/after"));
        // Cut: its last chunk is missing.
        Assert.EndsWith("\r\n\r\n4\r\nhalf\r\n", await client.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(["one", "two"], server.Failures.Select(f => f.Message));
    }

    [Fact]
    public async Task AnAnswerMayBeEndedByItsHandler()
    {
        await using var server = new TestServer("sockets tcp", [TestServer.On("GET", "/x", async c =>
        {
            await FlushTwiceAsync(c);
            await c.Http.Response.CompleteAsync();
            Assert.Throws<InvalidOperationException>(() => c.Http.Response.BodyWriter.Write("more"u8));
        })]);
        using TestClient client = await server.ConnectAsync();
        for (int i = 0; i < 2; i++)
            Assert.Equal("hello world!?", (await client.GetAsync("/x")).Text);
        Assert.Empty(server.Failures);
    }

    [Fact]
    public async Task LineBreaksInAHeaderBeginNoOther()
    {
        await using var server = new TestServer("sockets tcp", [TestServer.On("GET", "/x", c =>
        {
            c.Http.Response.Headers["x-a"] = "a\r\nSet-Cookie: b";
            c.Http.Response.Headers["x-b"] = "\u20ac\0\t~\u007f\n\nHTTP/1.1 200 OK";
            c.Http.Response.Headers["x-c"] = new StringValues(["1", "2"]);
            return TestServer.TextAsync(c, "x");
        })]);
        using TestClient client = await server.ConnectAsync();
        Answer answer = await client.GetAsync("/x");
        Assert.Equal(("a??Set-Cookie: b", "??\t~???HTTP/1.1 200 OK", null), (answer["x-a"], answer["x-b"], answer["Set-Cookie"]));
        Assert.Equal(["x-c: 1", "x-c: 2"], answer.Head.Where(l => l.StartsWith("x-c", StringComparison.Ordinal)));
        Assert.Equal("/hot", (await client.GetAsync("/hot")).Text);
    }

    [Theory]
    [InlineData(10, 100)]
    [InlineData(100, 10)]
    [InlineData(1, 970)]
    [InlineData(1, 1024)]
    [InlineData(1, 20_000)]
    [InlineData(300, 300)]
    public async Task HeadsOfAnySizeGoOut(int count, int size)
    {
        await using var server = new TestServer("sockets tcp", [TestServer.On("GET", "/x", async c =>
        {
            for (int i = 0; i < count; i++)
                c.Http.Response.Headers[$"x-{i}"] = new string('v', size);
            await FlushTwiceAsync(c);
        })]);
        using TestClient client = await server.ConnectAsync();
        for (int round = 0; round < 2; round++)
        {
            Answer answer = await client.GetAsync("/x");
            Assert.Equal("hello world!?", answer.Text);
            Assert.Equal(count, answer.Head.Count(l => l.EndsWith(": " + new string('v', size), StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task ResponseHeadersAreADictionaryUntilTheyAreSent()
    {
        var after = new List<Exception?>();
        await using var server = new TestServer("sockets tcp", [TestServer.On("GET", "/x", async c =>
        {
            IHeaderDictionary headers = c.Http.Response.Headers;
            IDictionary<string, StringValues> lines = headers;
            headers.Clear();
            headers["X-One"] = "1";
            headers["x-one"] = "2";
            headers.Append("X-ONE", "3");
            Assert.Equal(new StringValues(["2", "3"]), headers["x-One"]);
            Assert.Throws<ArgumentException>(() => lines.Add("x-one", "4"));
            headers["x-two"] = "2";
            Assert.True(headers.Remove("X-Two"));
            Assert.False(headers.Remove("x-two"));
            headers["x-two"] = "";
            headers["x-two"] = StringValues.Empty;
            headers["content-length"] = "5";
            Assert.Equal((5L, "5"), (headers.ContentLength, headers["Content-Length"].ToString()));
            Assert.Throws<FormatException>(() => headers["content-length"] = "-1");
            Assert.Throws<ArgumentOutOfRangeException>(() => headers.ContentLength = -1);
            Assert.Equal(["X-ONE", "Content-Length"], headers.Keys);
            Assert.Equal(2, headers.Count);
            for (int i = 0; i < 40; i++)
                headers[$"x-{i}"] = "v";
            Assert.Equal(42, headers.Count);
            await Write(c, "hello");
            Assert.False(headers.IsReadOnly);
            await c.Http.Response.BodyWriter.FlushAsync();
            Assert.True(headers.IsReadOnly && c.Http.Response.HasStarted);
            foreach (Action change in (Action[])[() => headers["x-one"] = "9", () => headers.Remove("x-one"), headers.Clear, () => headers.ContentLength = 9, () => lines.Add("x-new", "1")])
                after.Add(Record.Exception(change));
        })]);
        using TestClient client = await server.ConnectAsync();
        for (int round = 0; round < 2; round++)
        {
            Answer answer = await client.GetAsync("/x");
            Assert.Empty(server.Failures);
            Assert.Equal((200, "hello"), (answer.Status, answer.Text));
        }

        Assert.Equal(10, after.Count);
        Assert.All(after, e => Assert.IsType<InvalidOperationException>(e));
    }

    [Fact]
    public async Task RequestHeadersAreTheClientsAndTheSameTextForTheSameBytes()
    {
        var seen = new List<(string? A, string? B)>();
        await using var server = new TestServer("sockets tcp", [TestServer.On("GET", "/x", c =>
        {
            IHeaderDictionary headers = c.Http.Request.Headers;
            seen.Add((headers["AUTHORIZATION"], headers["x-b"]));
            Assert.Equal(new StringValues(["1", "2"]), headers["x-twice"]);
            Assert.Equal("1,2", headers["X-Twice"].ToString());
            Assert.False(headers.ContainsKey("x-none"));
            Assert.Equal(StringValues.Empty, headers["x-none"]);
            Assert.Equal(["Host", "Authorization", "X-Twice", "x-b"], headers.Keys);
            Assert.Equal(headers.Keys, headers.Select(h => h.Key));
            Assert.Equal(4, headers.Count);
            Assert.True(headers.IsReadOnly);
            Assert.Throws<InvalidOperationException>(() => headers["x-b"] = "c");
            Assert.Throws<InvalidOperationException>(() => headers.Remove("x-b"));
            return TestServer.TextAsync(c, headers["x-b"].ToString());
        })]);
        using TestClient client = await server.ConnectAsync();
        foreach (string b in (string[])["1", "1", "2", "22"])
        {
            Answer answer = await client.AskAsync(TestClient.Request("GET", "/x", $"Authorization: Bearer k\r\nX-Twice: 1\r\nx-twice:  2 \r\nx-b: {b}\r\n"));
            Assert.Empty(server.Failures);
            Assert.Equal((200, b), (answer.Status, answer.Text));
        }

        Assert.All(seen, s => Assert.Same(seen[0].A, s.A));
        Assert.Same(seen[0].B, seen[1].B);
        Assert.Equal(["1", "1", "2", "22"], seen.Select(s => s.B));
    }

    private static ValueTask Write(RequestContext context, string text)
    {
        context.Http.Response.BodyWriter.Write(Encoding.Latin1.GetBytes(text));
        return ValueTask.CompletedTask;
    }

    private static async ValueTask FlushTwiceAsync(RequestContext context)
    {
        await Write(context, "hello");
        await context.Http.Response.BodyWriter.FlushAsync();
        await context.Http.Response.BodyWriter.FlushAsync();
        await Write(context, " wor");
        await Write(context, "ld!");
        await context.Http.Response.BodyWriter.FlushAsync();
        await Write(context, "?");
    }

    private static ValueTask StatusAsync(RequestContext context, int status)
    {
        context.Http.Response.StatusCode = status;
        return TestServer.TextAsync(context, "body");
    }
}
