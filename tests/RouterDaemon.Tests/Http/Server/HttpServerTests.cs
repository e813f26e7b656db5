#pragma warning disable xUnit1051 // Every wait here has a limit of its own.
using System.Text.Json;
using RouterDaemon.Http;
using RouterDaemon.Http.Server;
using RouterDaemon.Keys;
using RouterDaemon.Tests.Transport;
using Xunit;

namespace RouterDaemon.Tests.Http.Server;

/// <summary>The server over real sockets: connections, request lines, and what is refused.</summary>
public sealed class HttpServerTests
{
    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task AConnectionCarriesOneRequestAfterTheOther(string kind)
    {
        await using var server = new TestServer(kind, []);
        using TestClient client = await server.ConnectAsync();
        for (int i = 0; i < 20; i++)
        {
            Answer answer = await client.GetAsync(i % 3 == 0 ? "/cold" : $"/hot?{i / 2}");
            Assert.Equal("HTTP/1.1 200 OK", answer.Head[0]);
            Assert.Equal(i % 3 == 0 ? "cold" : $"/hot?{i / 2}", answer.Text);
            Assert.Null(answer["Connection"]);
            Assert.NotNull(answer["Date"]);
        }

        Assert.Equal(1, server.Server.ConnectionCount);
    }

    [Theory]
    [InlineData("1.1", "", false, null)]
    [InlineData("1.1", "Connection: close\r\n", true, "close")]
    [InlineData("1.1", "Connection: close\r\nConnection: keep-alive\r\n", true, "close")]
    [InlineData("1.0", "", true, "close")]
    [InlineData("1.0", "Connection: keep-alive\r\n", false, "keep-alive")]
    public async Task TheClientSaysWhetherTheConnectionStays(string version, string header, bool closes, string? says)
    {
        await using var server = new TestServer("sockets tcp", []);
        using TestClient client = await server.ConnectAsync();
        Answer answer = await client.AskAsync($"GET /hot HTTP/{version}\r\nHost: localhost\r\n{header}\r\n");
        Assert.Equal("/hot", answer.Text);
        Assert.Equal(says, answer["Connection"]);
        if (closes)
            Assert.Equal("", await client.ReadToEndAsync());
        else
            Assert.Equal("/hot", (await client.GetAsync("/hot")).Text);
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task RequestsThatCameTogetherAreAnsweredInOrder(string kind)
    {
        await using var server = new TestServer(kind, []);
        foreach (int piece in (int[])[1, 7, 100, int.MaxValue])
        {
            using TestClient client = await server.ConnectAsync();
            string all = string.Concat(Enumerable.Range(0, 30).Select(i => (i % 3) switch
            {
                0 => TestClient.Request("GET", $"/hot?{i}"),
                1 => TestClient.Request("GET", "/cold"),
                _ => TestClient.Request("POST", i % 2 == 0 ? "/echo" : "/echo/cold", body: $"[{i}]"),
            }));
            for (int at = 0; at < all.Length; at += Math.Min(piece, all.Length))
                await client.SendAsync(all[at..Math.Min(all.Length, at + Math.Min(piece, all.Length))]);
            for (int i = 0; i < 30; i++)
                Assert.Equal((i % 3) switch { 0 => $"/hot?{i}", 1 => "cold", _ => $"[{i}]" }, (await client.ReadAsync()).Text);
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task ManyConnectionsAreServedAtOnce(string kind)
    {
        await using var server = new TestServer(kind, []);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async n =>
        {
            using TestClient client = await server.ConnectAsync();
            for (int i = 0; i < 20; i++)
            {
                string body = $"[\"{new string('x', (n * 997 * (i + 1)) % 20_000)}\"]";
                Assert.Equal(body, (await client.AskAsync(TestClient.Request("POST", i % 2 == 0 ? "/echo" : "/echo/cold", body: body))).Text);
            }
        })).WaitAsync(TimeSpan.FromMinutes(2));
        Assert.Empty(server.Failures);
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task LineEndsBeforeARequestAreReadOver(string kind)
    {
        await using var server = new TestServer(kind, []);
        using TestClient client = await server.ConnectAsync();
        foreach (string piece in (string[])["\r", "\n", "\r\n\r", "\n"])
        {
            await client.SendAsync(piece);
            // The server has it before the next piece, so that it sees the halves.
            await Task.Delay(5);
        }

        Assert.Equal(200, (await client.GetAsync("/hot")).Status);
        await client.SendAsync(TestClient.Request("POST", "/echo", body: "[]") + "\r\n" + TestClient.Request("GET", "/hot"));
        Assert.Equal("[]", (await client.ReadAsync()).Text);
        Assert.Equal("/hot", (await client.ReadAsync()).Text);
    }

    [Theory]
    [InlineData("/hot?q=%20", "/hot?q=%20")]
    [InlineData("/h%6Ft", "/hot")]
    [InlineData("/x/../hot", "/hot")]
    [InlineData("/x/%2e%2e/./hot", "/hot")]
    [InlineData("/../../hot", "/hot")]
    [InlineData("/a/b%2Fc", "b%2Fc")]
    [InlineData("/a/b/c/..", "b/")]
    [InlineData("/a/%E2%82%AC", "?")]
    [InlineData("/a/%zz%", "%zz%")]
    [InlineData("/a/..", null)]
    [InlineData("/a/..%2fhot", "..%2fhot")]
    [InlineData("http://localhost/hot", "/hot")]
    [InlineData("HTTP://LOCALHOST/hot?x", "/hot?x")]
    [InlineData("http://localhost", null)]
    [InlineData("//hot", null)]
    public async Task TargetsStandForPaths(string target, string? text)
    {
        await using var server = new TestServer("sockets tcp", []);
        using TestClient client = await server.ConnectAsync();
        // Again, because what is known of the last target is used for the same one.
        for (int i = 0; i < 2; i++)
        {
            Answer answer = await client.GetAsync(target);
            Assert.Equal(text is null ? 404 : 200, answer.Status);
            if (text is not null)
                Assert.Equal(text, answer.Text);
        }
    }

    [Theory]
    [InlineData("GET", "*")]
    [InlineData("GET", "hot")]
    [InlineData("GET", "http://other/hot")]
    [InlineData("GET", "https://localhost/hot")]
    [InlineData("CONNECT", "localhost:80")]
    [InlineData("GET", "/a/%00")]
    [InlineData("GET", "/a/%ff")]
    public async Task TargetsThatAreNoPathOfThisServerAreRefused(string method, string target)
    {
        await using var server = new TestServer("sockets tcp", []);
        using TestClient client = await server.ConnectAsync();
        await AssertRefusedAsync(client, await client.AskAsync(TestClient.Request(method, target)), 400);
    }

    [Fact]
    public async Task TheAsteriskIsForOptions()
    {
        await using var server = new TestServer("sockets tcp", [TestServer.On("GET", "/", c => TestServer.TextAsync(c, "root"))]);
        using TestClient client = await server.ConnectAsync();
        Answer answer = await client.AskAsync(TestClient.Request("OPTIONS", "*"));
        Assert.Equal((204, "GET"), (answer.Status, answer["Allow"]));
        Assert.Equal("root", (await client.GetAsync("/")).Text);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("\u0016\u0003\u0001", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: localhost\r\nX : y\r\n\r\n", 400)]
    [InlineData("GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505)]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n", 501)]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400)]
    [InlineData("414", 414)]
    [InlineData("431", 431)]
    public async Task WhatCannotBeServedIsSaid(string request, int status)
    {
        request = status switch
        {
            414 => $"GET /{new string('a', ServerLimits.MaxRequestLineBytes)} HTTP/1.1\r\n",
            431 => $"GET / HTTP/1.1\r\nHost: localhost\r\nX: {new string('a', ServerLimits.MaxHeadBytes)}\r\n\r\n",
            _ => request,
        };
        foreach (TheoryDataRow<string> kind in TransportKinds.All)
        {
            await using var server = new TestServer(kind.Data, []);
            using TestClient client = await server.ConnectAsync();
            // A megabyte that nobody will read must not take the answer away.
            await client.SendAsync(request);
            Task flooding = client.SendAsync(new byte[1 << 20]);
            await AssertRefusedAsync(client, await client.ReadAsync(), status);
            await Record.ExceptionAsync(() => flooding);
        }
    }

    [Fact]
    public async Task AFailureBeforeTheHandlerEndsOneConnectionOnly()
    {
        // An access that asks the configuration, which fails.
        foreach (TheoryDataRow<string> kind in TransportKinds.All)
        {
            await using var failing = new TestServer(kind.Data, [TestServer.On("GET", "/fails", c => TestServer.TextAsync(c, "")) with { Access = Access.Admin }]);
            using TestClient other = await failing.ConnectAsync();
            Assert.Equal(200, (await other.GetAsync("/hot")).Status);
            using TestClient client = await failing.ConnectAsync();
            await client.SendAsync(TestClient.Request("GET", "/fails"));
            Assert.Equal("", await client.ReadToEndAsync());
            Assert.Single(failing.Failures);
            Assert.Equal(200, (await other.GetAsync("/hot")).Status);
        }
    }

    private static async Task AssertRefusedAsync(TestClient client, Answer answer, int status)
    {
        Assert.Equal(status, answer.Status);
        Assert.True(answer.Closes);
        Assert.Equal("application/json", answer["Content-Type"]);
        using JsonDocument body = JsonDocument.Parse(answer.Body);
        Assert.NotEmpty(body.RootElement.GetProperty("error").GetProperty("message").GetString()!);
        client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        Assert.Equal("", await client.ReadToEndAsync());
    }
}
