#pragma warning disable xUnit1051 // Every wait here has a limit of its own.
using System.Buffers;
using System.Net.Sockets;
using System.Text.Json;
using RouterDaemon.Http;
using RouterDaemon.SystemTests.Support;
using RouterDaemon.Tests.Transport;
using Xunit;

namespace RouterDaemon.Tests.Http.Server;

/// <summary>The bodies of requests: read, not read, broken, and asked for.</summary>
public sealed class HttpServerBodyTests
{
    private const string Expecting = "Expect: 100-continue\r\n";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task BodiesComeInPiecesOfAnySize(string kind)
    {
        await using var server = new TestServer(kind, []);
        string body = $"[\"{new string('x', 300)}\"]";
        string[] requests =
        [
            TestClient.Request("POST", "/echo", body: body),
            TestClient.Request("POST", "/echo/cold", body: body),
            TestClient.Chunked("/echo", $"64\r\n{body[..100]}\r\n{body.Length - 100:x};ext=\"y\"\r\n{body[100..]}\r\n0\r\nTrailer: t\r\n\r\n"),
            TestClient.Chunked("/echo/cold", string.Concat(body.Select(c => $"1\r\n{c}\r\n")) + "0\r\n\r\n"),
        ];
        using TestClient client = await server.ConnectAsync();
        foreach (int piece in (int[])[1, 13, 4096])
        {
            foreach (string request in requests)
            {
                for (int at = 0; at < request.Length; at += piece)
                    await client.SendAsync(request[at..Math.Min(request.Length, at + piece)]);
                Assert.Equal(body, (await client.ReadAsync()).Text);
            }
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task TheNextRequestMayStandRightBehindTheLastChunk(string kind)
    {
        await using var server = new TestServer(kind, []);
        using TestClient client = await server.ConnectAsync();
        foreach (int size in (int[])[0, 1, 4000, 4096, 5000, 40_000])
        {
            string chunk = size == 0 ? "" : $"{size:X}\r\n{new string('y', size)}\r\n";
            await client.SendAsync(TestClient.Chunked("/echo", chunk + "0\r\n\r\n") + TestClient.Request("GET", "/cold") + TestClient.Chunked("/echo/cold", chunk + "0\r\n\r\n") + TestClient.Request("GET", "/hot"));
            Assert.Equal(new string('y', size), (await client.ReadAsync()).Text);
            Assert.Equal("cold", (await client.ReadAsync()).Text);
            Assert.Equal(new string('y', size), (await client.ReadAsync()).Text);
            Assert.Equal("/hot", (await client.ReadAsync()).Text);
        }
    }

    [Theory]
    [InlineData("x\r\n")]
    [InlineData("-1\r\nx")]
    [InlineData("1\nx\r\n0\r\n\r\n")]
    [InlineData("1\r\nxy\r\n0\r\n\r\n")]
    [InlineData("1\r\nx\r\n0\r\n\nX")]
    [InlineData("FFFFFFFFFFFFFFFF\r\nx")]
    public async Task BrokenChunksAreABadRequest(string chunks)
    {
        foreach (TheoryDataRow<string> kind in TransportKinds.All)
        {
            await using var server = new TestServer(kind.Data, []);
            using TestClient client = await server.ConnectAsync();
            await client.SendAsync(TestClient.Chunked("/echo", chunks));
            // What follows must not be read as a request, and must not take the answer away.
            Task flooding = client.SendAsync(TestClient.Request("GET", "/hot") + new string('x', 1 << 20));
            Answer answer = await client.ReadAsync();
            Assert.Equal(400, answer.Status);
            Assert.True(answer.Closes);
            using JsonDocument body = JsonDocument.Parse(answer.Body);
            Assert.Contains("chunked", body.RootElement.GetProperty("error").GetProperty("message").GetString());
            await Record.ExceptionAsync(() => flooding);
            client.Socket.Shutdown(SocketShutdown.Send);
            Assert.Equal("", await client.ReadToEndAsync());
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task TheClientIsToldToGoOnWhenItsBodyIsRead(string kind)
    {
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TestServer(kind, [TestServer.On("POST", "/late", async c =>
        {
            await read.Task;
            await TestServer.TextAsync(c, $"{(await TestServer.BodyAsync(c)).Length}");
        })]);
        using TestClient client = await server.ConnectAsync();
        string request = TestClient.Request("POST", "/late", Expecting, "[1]");
        await client.SendAsync(request[..^3]);
        Task<Answer> reading = client.ReadAsync();
        Assert.NotSame(reading, await Task.WhenAny(reading, Task.Delay(50)));
        read.SetResult();
        Assert.Equal(100, (await reading).Status);
        await client.SendAsync("[1]");
        Assert.Equal("3", (await client.ReadAsync()).Text);
        // One that sends without waiting is not told.
        Assert.Equal("3", (await client.AskAsync(request)).Text);
        // HTTP/1.0 knows no such answer.
        await client.SendAsync($"POST /late HTTP/1.0\r\nContent-Type: application/json\r\nHost: localhost\r\nContent-Length: 3\r\n{Expecting}\r\n");
        await client.SendAsync("[1]");
        Assert.Equal("3", (await client.ReadAsync()).Text);
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task ARefusedBodyIsNotAskedFor(string kind)
    {
        await using var server = new TestServer(kind, []);
        foreach (string path in (string[])["/refuse", "/unread"])
        {
            foreach (bool sends in (bool[])[false, true])
            {
                using TestClient client = await server.ConnectAsync();
                string request = TestClient.Request("POST", path, Expecting, new string('[', 1 << 20));
                await client.SendAsync(request[..^(1 << 20)]);
                Task sending = sends ? client.SendAsync(request[^(1 << 20)..]) : Task.CompletedTask;
                Answer answer = await client.ReadAsync();
                Assert.Equal(path == "/refuse" ? 413 : 200, answer.Status);
                Assert.True(answer.Closes);
                Assert.Null(await Record.ExceptionAsync(() => sending));
                client.Socket.Shutdown(SocketShutdown.Send);
                Assert.Equal("", await client.ReadToEndAsync());
            }
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task ABodyThatNobodyReadsIsReadOver(string kind)
    {
        await using var server = new TestServer(kind, []);
        using TestClient client = await server.ConnectAsync();
        foreach (int size in (int[])[1, 100, 5000, 10 << 20])
        {
            string body = new('[', size);
            await client.SendAsync(TestClient.Request("POST", "/unread", body: body) + TestClient.Chunked("/unread", $"{size:x}\r\n{body}\r\n0\r\n\r\n") + TestClient.Request("GET", "/hot"));
            Answer[] answers = [await client.ReadAsync(), await client.ReadAsync(), await client.ReadAsync()];
            Assert.Equal(["unread", "unread", "/hot"], answers.Select(a => a.Text));
            Assert.DoesNotContain(answers, a => a.Closes);
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task ALargeBodyThatIsRefusedDoesNotCostTheAnswer(string kind)
    {
        await using var server = new TestServer(kind, []);
        foreach (bool chunked in (bool[])[false, true])
        {
            using TestClient client = await server.ConnectAsync();
            string body = new('[', 10 << 20);
            // All of it, before the answer is looked at.
            await client.SendAsync(chunked ? TestClient.Chunked("/refuse", $"{body.Length:x}\r\n{body}\r\n0\r\n\r\n") : TestClient.Request("POST", "/refuse", body: body));
            Answer answer = await client.ReadAsync();
            Assert.Equal(413, answer.Status);
            Assert.True(answer.Closes);
            client.Socket.Shutdown(SocketShutdown.Send);
            Assert.Equal("", await client.ReadToEndAsync());
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task ABodyThatEndsEarlyEndsItsReader(string kind)
    {
        var ended = new System.Collections.Concurrent.ConcurrentQueue<Exception>();
        await using var server = new TestServer(kind, [TestServer.On("POST", "/body", async c =>
        {
            try
            {
                await TestServer.BodyAsync(c);
            }
            catch (Exception e)
            {
                ended.Enqueue(e);
                await Task.Delay(Timeout.Infinite, c.Http.RequestAborted);
            }
        })]);
        string[] requests = [TestClient.Request("POST", "/body", body: "[1234]")[..^3], TestClient.Chunked("/body", "5\r\n[12"), TestClient.Chunked("/body", "1\r\n1\r\n0\r\n")];
        for (int i = 0; i < requests.Length; i++)
        {
            using TestClient client = await server.ConnectAsync();
            await client.SendAsync(requests[i]);
            client.Socket.Shutdown(SocketShutdown.Send);
            Assert.Equal("", await client.ReadToEndAsync());
            await Eventually.TrueAsync(() => ended.Count == i + 1, Limit, () => "its handler still reads");
        }

        Assert.All(ended, e => Assert.IsType<Microsoft.AspNetCore.Http.BadHttpRequestException>(e));
        await Eventually.TrueAsync(() => server.Server.ConnectionCount == 0, Limit, () => "a connection is left");
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task AColdHandlerStaysOnThePool(string kind)
    {
        var onPool = new System.Collections.Concurrent.ConcurrentQueue<bool>();
        await using var server = new TestServer(kind, [TestServer.On("POST", "/where", async c =>
        {
            var buffer = new byte[10];
            onPool.Enqueue(Thread.CurrentThread.IsThreadPoolThread);
            while (await c.Http.Request.Body.ReadAsync(buffer).ConfigureAwait(false) > 0)
                onPool.Enqueue(Thread.CurrentThread.IsThreadPoolThread);
            c.Http.Response.BodyWriter.Write(new byte[32 << 20]);
            await c.Http.Response.BodyWriter.FlushAsync().ConfigureAwait(false);
            onPool.Enqueue(Thread.CurrentThread.IsThreadPoolThread);
        }, Heat.Cold)]);
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync(TestClient.Request("POST", "/where", body: "[12]")[..^4]);
        for (int i = 0; i < 4; i++)
        {
            // The handler waits for each of them.
            await Eventually.TrueAsync(() => onPool.Count == i + 1, Limit, () => $"{onPool.Count} pieces were read");
            await client.SendAsync("[12]"[i..(i + 1)]);
        }

        Assert.Equal(32 << 20, (await client.ReadAsync()).Body.Length);
        Assert.Equal(6, onPool.Count);
        Assert.DoesNotContain(false, onPool);
    }
}
