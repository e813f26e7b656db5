#pragma warning disable xUnit1051 // Every wait here has a limit of its own.
using System.Net.Sockets;
using System.Text;
using RouterDaemon.Backends;
using RouterDaemon.Backends.Http1;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Relay;
using Xunit;

namespace RouterDaemon.Tests.Backends.Http1;

/// <summary>The client over real sockets, against peers that behave and peers that do not.</summary>
public sealed class Http1ClientTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task TheRequestIsWhatItSaysAndConnectionsAreReused()
    {
        await using var peer = new ScriptedPeer((s, _) => ScriptedPeer.SendAsync(s, Ok));
        await using Http1Client client = Client(peer.Port);
        for (int i = 0; i < 5; i++)
            Assert.Equal("ok", await AskAsync(client, peer.Port, hints: [new("x-session-id", "s")]));
        Assert.Equal(1, peer.Connections);
        Assert.Equal(
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{peer.Port}\r\nContent-Type: application/json\r\nAccept: application/json\r\nAuthorization: Bearer k\r\n"
            + "x-request-id: req_1\r\ntraceparent: 00-1\r\nx-session-id: s\r\nContent-Length: 17\r\n\r\n{\"model\":\"other\"}", peer.Requests[0]);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nt: v\r\n\r\n", "hello world", true)]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", "ok", false)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok", false)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", "ok", true)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", "", true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "", true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok surplus", "ok", false)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n", "ok", false)]
    public async Task SoundAnswersAreReadInPiecesOfAnySize(string answer, string body, bool reused)
    {
        foreach (int piece in (int[])[1, 3, 7, 4096])
        {
            await using var peer = new ScriptedPeer(async (s, _) =>
            {
                for (int at = 0; at < answer.Length; at += piece)
                    await ScriptedPeer.SendAsync(s, answer[at..Math.Min(answer.Length, at + piece)]);
                return true;
            });
            await using Http1Client client = Client(peer.Port);
            Assert.Equal(body, await AskAsync(client, peer.Port, readBytes: piece));
            // What lies behind an answer may come a moment after it.
            if (!reused)
                await Task.Delay(20);
            Assert.Equal(body, await AskAsync(client, peer.Port));
            Assert.Equal(reused ? 1 : 2, peer.Connections);
        }
    }

    [Theory]
    [InlineData("", "UpstreamReset")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-", "UpstreamReset")]
    [InlineData("HTTP/2 200 OK\r\n\r\n", "UpstreamProtocol")]
    [InlineData("220 smtp ready\r\n", "UpstreamProtocol")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n", "UpstreamProtocol")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "UpstreamProtocol")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", "UpstreamProtocol")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok", "UpstreamProtocol")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", "UpstreamTruncated")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhell", "UpstreamTruncated")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "UpstreamTruncated")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "UpstreamProtocol")]
    public async Task LiesAreTheUpstreamsFault(string answer, string error)
    {
        await using var peer = new ScriptedPeer(async (s, _) =>
        {
            await ScriptedPeer.SendAsync(s, answer);
            return false;
        });
        await using Http1Client client = Client(peer.Port);
        UpstreamException e = await Assert.ThrowsAsync<UpstreamException>(() => AskAsync(client, peer.Port));
        Assert.Equal(error, e.Error.ToString());
    }

    [Fact]
    public async Task AnAnswerWithoutALengthEndsWithItsConnection()
    {
        await using var peer = new ScriptedPeer(async (s, _) =>
        {
            await ScriptedPeer.SendAsync(s, "HTTP/1.1 200 OK\r\n\r\nall there is");
            return false;
        });
        await using Http1Client client = Client(peer.Port);
        Assert.Equal("all there is", await AskAsync(client, peer.Port));
    }

    [Fact]
    public async Task AConnectionThatItsPeerClosedIsNotUsed()
    {
        await using var peer = new ScriptedPeer((s, _) => ScriptedPeer.SendAsync(s, Ok));
        await using Http1Client client = Client(peer.Port);
        for (int i = 0; i < 5; i++)
        {
            Assert.Equal("ok", await AskAsync(client, peer.Port));
            peer.CloseConnections();
            await Task.Delay(20);
        }
    }

    [Fact]
    public async Task AnAnswerBeforeTheBodyWasReadIsHeard()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        listener.Listen(1);
        int port = ((System.Net.IPEndPoint)listener.LocalEndPoint!).Port;
        Task serving = Task.Run(async () =>
        {
            using Socket socket = await listener.AcceptAsync();
            await ScriptedPeer.SendAsync(socket, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
            byte[] scratch = new byte[1 << 20];
            try
            {
                while (await socket.ReceiveAsync(scratch) > 0)
                {
                }
            }
            catch (SocketException)
            {
                // The client has its answer and leaves the rest.
            }
        });
        await using Http1Client client = Client(port);
        await using BackendResponse response = await client.PostAsync(Head(port), Request(new string('x', 4 << 20)), false, CancellationToken.None);
        Assert.Equal(413, response.Status);
        await client.DisposeAsync();
        await response.DisposeAsync();
        await serving.WaitAsync(TimeSpan.FromSeconds(120));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ACancelledExchangeClosesItsConnection(bool afterHead)
    {
        var left = new TaskCompletionSource();
        using var cancel = new CancellationTokenSource();
        await using var peer = new ScriptedPeer(async (s, _) =>
        {
            cancel.CancelAfter(100);
            if (afterHead)
                await ScriptedPeer.SendAsync(s, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegin");
            try
            {
                await s.ReceiveAsync(new byte[1]);
            }
            catch (SocketException)
            {
                // Closed while a receive was pending: a reset.
            }

            left.SetResult();
            return false;
        });
        await using Http1Client client = Client(peer.Port);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AskAsync(client, peer.Port, cancel: cancel.Token));
        await left.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task NobodyThereIsSaidSo()
    {
        var peer = new ScriptedPeer((_, _) => Task.FromResult(false));
        int port = peer.Port;
        await peer.DisposeAsync();
        await using Http1Client client = Client(port);
        UpstreamException e = await Assert.ThrowsAsync<UpstreamException>(() => AskAsync(client, port));
        Assert.Equal((RelayError.UpstreamConnect, "no connection (ConnectionRefused)"), (e.Error, e.Message));
        await using var unknown = new Http1Client(new Http1Pool(new Http1Connector("no-such-host.invalid", 80, null, TimeSpan.FromSeconds(20), TimeProvider.System), TimeProvider.System));
        Assert.Equal(RelayError.UpstreamConnect, (await Assert.ThrowsAsync<UpstreamException>(() => AskAsync(unknown, 80))).Error);
    }

    [Fact]
    public async Task UnixSocketsAndNamesWork()
    {
        string path = Path.Combine(Path.GetTempPath(), $"routerd-{Guid.NewGuid():N}.sock");
        await using var local = new ScriptedPeer((s, _) => ScriptedPeer.SendAsync(s, Ok), path);
        await using var overSocket = new Http1Client(new Http1Pool(new Http1Connector("localhost", 80, path, TimeSpan.FromSeconds(5), TimeProvider.System), TimeProvider.System));
        Assert.Equal("ok", await AskAsync(overSocket, 80));
        File.Delete(path);

        // A name with addresses of both families, where only one of them listens.
        await using var peer = new ScriptedPeer((s, _) => ScriptedPeer.SendAsync(s, Ok));
        await using var byName = new Http1Client(new Http1Pool(new Http1Connector("localhost", peer.Port, null, TimeSpan.FromSeconds(5), TimeProvider.System), TimeProvider.System));
        Assert.Equal("ok", await AskAsync(byName, peer.Port));
    }

    [Fact]
    public void AddressFamiliesTakeTurns()
    {
        System.Net.IPAddress[] found = [.. new[] { "::1", "::2", "::3", "1.1.1.1", "2.2.2.2" }.Select(System.Net.IPAddress.Parse)];
        Assert.Equal(["::1", "1.1.1.1", "::2", "2.2.2.2", "::3"], Http1Connector.InTurns(found).Select(a => a.ToString()));
        Assert.Empty(Http1Connector.InTurns([]));
    }

    [Fact]
    public async Task IdleConnectionsGrowOldAndAreClosed()
    {
        var time = new Engine.ManualTime();
        await using var peer = new ScriptedPeer((s, _) => ScriptedPeer.SendAsync(s, Ok));
        await using var pool = new Http1Pool(new Http1Connector("127.0.0.1", peer.Port, null, TimeSpan.FromSeconds(30), time), time);
        await using var client = new Http1Client(pool);
        await AskAsync(client, peer.Port);
        Assert.Equal(1, pool.IdleCount);
        time.Advance(Http1Pool.MaxIdle - TimeSpan.FromSeconds(1));
        Assert.Equal(1, pool.IdleCount);
        time.Advance(TimeSpan.FromSeconds(16));
        Assert.Equal(0, pool.IdleCount);
        await AskAsync(client, peer.Port);
        for (int i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromSeconds(70));
            await AskAsync(client, peer.Port);
        }

        // Never idle for long, but too old in the end: a name that moved is found.
        Assert.Equal(3, peer.Connections);
    }

    private static Http1Client Client(int port) =>
        new(new Http1Pool(new Http1Connector("127.0.0.1", port, null, TimeSpan.FromSeconds(5), TimeProvider.System), TimeProvider.System));

    private static byte[] Head(int port) => Http1Client.HeadPrefix(new Uri($"http://127.0.0.1:{port}/v1/chat/completions"), "application/json", "Bearer k");

    private static BackendRequest Request(string body, IReadOnlyList<KeyValuePair<string, string>>? hints = null)
    {
        var spliced = new SplicedBody(Encoding.UTF8.GetBytes(body));
        if (body.StartsWith("{\"model\":\"m\"", StringComparison.Ordinal))
            spliced.Replace(9, 3, "\"other\""u8.ToArray());
        return new BackendRequest
        {
            Operation = Operation.Chat,
            Deployment = new DeploymentEntry { Id = "m/b", ModelId = "m", BackendId = "b", UpstreamModel = "m", State = new() },
            Body = spliced,
            Peek = default,
            RequestId = "req_1",
            TraceParent = "00-1",
            Hints = hints ?? [],
        };
    }

    private static async Task<string> AskAsync(
        Http1Client client, int port, int readBytes = 4096, IReadOnlyList<KeyValuePair<string, string>>? hints = null, CancellationToken cancel = default)
    {
        await using BackendResponse response = await client.PostAsync(Head(port), Request("{\"model\":\"m\"}", hints), hints is not null, cancel);
        using var body = new MemoryStream();
        byte[] buffer = new byte[readBytes];
        int read;
        while ((read = await response.ReadAsync(buffer, cancel)) > 0)
            body.Write(buffer, 0, read);
        return Encoding.Latin1.GetString(body.ToArray());
    }
}
