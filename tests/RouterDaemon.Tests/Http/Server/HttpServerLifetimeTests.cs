#pragma warning disable xUnit1051 // Every wait here has a limit of its own.
using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using RouterDaemon.Http;
using RouterDaemon.SystemTests.Support;
using RouterDaemon.Tests.Transport;
using Xunit;

namespace RouterDaemon.Tests.Http.Server;

/// <summary>Clients that leave or do not read, how many there may be, and how the server stops.</summary>
public sealed class HttpServerLifetimeTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task AHandlerHearsAtOnceThatItsClientLeft(string kind)
    {
        int running = 0;
        var left = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TestServer(kind,
        [
            TestServer.On("GET", "/waits", WaitAsync),
            TestServer.On("GET", "/waits/cold", WaitAsync, Heat.Cold),
            TestServer.On("POST", "/waits", async c =>
            {
                await TestServer.BodyAsync(c);
                await WaitAsync(c);
            }),
            TestServer.On("GET", "/streams", async c =>
            {
                Interlocked.Increment(ref running);
                while (!c.Http.RequestAborted.IsCancellationRequested)
                {
                    c.Http.Response.BodyWriter.Write("x"u8);
                    if ((await c.Http.Response.BodyWriter.FlushAsync()).IsCompleted)
                        break;
                    await Task.Delay(1);
                }

                left.TrySetResult();
            }),
        ]);
        foreach (string request in (string[])
            [TestClient.Request("GET", "/waits"), TestClient.Request("GET", "/waits/cold"), TestClient.Request("POST", "/waits", body: "[]"), TestClient.Chunked("/waits", "1\r\n1\r\n0\r\n\r\n"), TestClient.Request("GET", "/streams")])
        {
            (running, left) = (0, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            TestClient client = await server.ConnectAsync();
            // The second request of a connection, too.
            Assert.Equal(200, (await client.GetAsync("/hot")).Status);
            await client.SendAsync(request);
            await Eventually.TrueAsync(() => Volatile.Read(ref running) == 1, Limit, () => "the handler does not run");
            long start = Stopwatch.GetTimestamp();
            client.Dispose();
            await left.Task.WaitAsync(Limit);
            // Milliseconds, on a machine that has nothing else to do.
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(2), $"{Stopwatch.GetElapsedTime(start)}");
        }

        await Eventually.TrueAsync(() => server.Server.ConnectionCount == 0, Limit, () => "a connection is left");

        async ValueTask WaitAsync(RequestContext context)
        {
            TaskCompletionSource mine = left;
            Interlocked.Increment(ref running);
            await Record.ExceptionAsync(() => Task.Delay(Timeout.Infinite, context.Http.RequestAborted));
            mine.TrySetResult();
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task AClientThatDoesNotReadHoldsItsWriter(string kind)
    {
        var flushing = new TaskCompletionSource<(RequestContext Context, Task<bool> Flush)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TestServer(kind, [TestServer.On("GET", "/large", async c =>
        {
            c.Http.Response.BodyWriter.Write(new byte[32 << 20]);
            Task<bool> flush = FlushAsync(c);
            flushing.SetResult((c, flush));
            await flush;
        })]);
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync(TestClient.Request("GET", "/large"));
        (RequestContext context, Task<bool> flush) = await flushing.Task.WaitAsync(Limit);
        Assert.NotSame(flush, await Task.WhenAny(flush, Task.Delay(100)));
        context.Http.Abort();
        Assert.True(await flush.WaitAsync(Limit));
        Assert.True(context.Http.RequestAborted.WaitHandle.WaitOne(Limit));
        await Eventually.TrueAsync(() => server.Server.ConnectionCount == 0, Limit, () => "a connection is left");

        static async Task<bool> FlushAsync(RequestContext context) => (await context.Http.Response.BodyWriter.FlushAsync()).IsCompleted;
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task AClientThatResetsWhileItIsWrittenToEndsItsWriter(string kind)
    {
        var ended = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TestServer(kind, [TestServer.On("GET", "/large", async c =>
        {
            bool isCompleted = false;
            for (int i = 0; i < 1000 && !isCompleted; i++)
                isCompleted = (await c.Http.Response.BodyWriter.WriteAsync(new byte[1 << 20])).IsCompleted;
            ended.SetResult(isCompleted);
        })]);
        TestClient client = await server.ConnectAsync();
        await client.SendAsync(TestClient.Request("GET", "/large"));
        await client.UntilAsync("\r\n\r\n"u8.ToArray());
        client.Dispose();
        Assert.True(await ended.Task.WaitAsync(Limit));
        await Eventually.TrueAsync(() => server.Server.ConnectionCount == 0, Limit, () => "a connection is left");
        Assert.Empty(server.Failures);
    }

    [Fact]
    public async Task AnExceptionOfWhoeverHearsOfTheEndIsLogged()
    {
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TestServer("sockets tcp", [TestServer.On("GET", "/x", async c =>
        {
            using CancellationTokenRegistration registration = c.Http.RequestAborted.Register(() => throw new InvalidOperationException("three"));
            running.SetResult();
            await Record.ExceptionAsync(() => Task.Delay(Timeout.Infinite, c.Http.RequestAborted));
        })]);
        TestClient client = await server.ConnectAsync();
        await client.SendAsync(TestClient.Request("GET", "/x"));
        await running.Task.WaitAsync(Limit);
        client.Dispose();
        await Eventually.TrueAsync(() => !server.Failures.IsEmpty, Limit, () => "nothing was logged");
        Assert.IsType<AggregateException>(server.Failures.Single());
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task ConnectionsHaveALimit(string kind)
    {
        const int Most = 3;
        await using var server = new TestServer(kind, [], maxConnections: Most);
        var clients = new List<TestClient>();
        for (int i = 0; i < Most; i++)
        {
            clients.Add(await server.ConnectAsync());
            Assert.Equal(200, (await clients[i].GetAsync("/hot")).Status);
        }

        using (TestClient surplus = await server.ConnectAsync())
            Assert.Equal("", await surplus.ReadToEndAsync());
        Assert.Equal(Most, server.Server.ConnectionCount);
        Assert.All(await Task.WhenAll(clients.Select(c => c.GetAsync("/hot"))), a => Assert.Equal(200, a.Status));
        clients[1].Dispose();
        await Eventually.TrueAsync(() => server.Server.ConnectionCount == Most - 1, Limit, () => "its place is not free");
        clients[1] = await server.ConnectAsync();
        Assert.Equal(200, (await clients[1].GetAsync("/hot")).Status);
        clients.ForEach(c => c.Dispose());
        await Eventually.TrueAsync(() => server.Server.ConnectionCount == 0, Limit, () => "a connection is left");
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task StoppingFinishesWhatRuns(string kind)
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int running = 0;
        await using var server = new TestServer(kind,
        [
            TestServer.On("GET", "/slow", async c =>
            {
                Interlocked.Increment(ref running);
                await go.Task;
                await TestServer.TextAsync(c, "slow");
            }),
            TestServer.On("GET", "/begun", async c =>
            {
                c.Http.Response.BodyWriter.Write("be"u8);
                await c.Http.Response.BodyWriter.FlushAsync();
                Interlocked.Increment(ref running);
                await go.Task;
                c.Http.Response.BodyWriter.Write("gun"u8);
            }),
        ]);
        using TestClient idle = await server.ConnectAsync();
        Assert.Equal(200, (await idle.GetAsync("/hot")).Status);
        using TestClient silent = await server.ConnectAsync();
        using TestClient slow = await server.ConnectAsync();
        await slow.SendAsync(TestClient.Request("GET", "/slow"));
        using TestClient begun = await server.ConnectAsync();
        await begun.SendAsync(TestClient.Request("GET", "/begun"));
        await Eventually.TrueAsync(() => Volatile.Read(ref running) == 2 && server.Server.ConnectionCount == 4, Limit, () => "the handlers do not run");
        Task stopping = server.Server.StopAsync(CancellationToken.None);
        Assert.Equal("", await idle.ReadToEndAsync());
        Assert.Equal("", await silent.ReadToEndAsync());
        await Assert.ThrowsAnyAsync<SocketException>(async () => (await server.ConnectAsync()).Dispose());
        Assert.False(stopping.IsCompleted);
        go.SetResult();
        Answer answer = await slow.ReadAsync();
        Assert.Equal(("slow", true), (answer.Text, answer.Closes));
        Assert.Equal("", await slow.ReadToEndAsync());
        // Its head was out already: it is closed all the same, behind its end.
        Assert.Equal("begun", (await begun.ReadAsync()).Text);
        Assert.Equal("", await begun.ReadToEndAsync());
        await stopping.WaitAsync(Limit);
        await server.Server.StopAsync(CancellationToken.None).WaitAsync(Limit);
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task StoppingCanBeCutShort(string kind)
    {
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TestServer(kind, [TestServer.On("GET", "/endless", async c =>
        {
            running.SetResult();
            await Record.ExceptionAsync(() => Task.Delay(Timeout.Infinite, c.Http.RequestAborted));
            aborted.SetResult();
        })]);
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync(TestClient.Request("GET", "/endless"));
        await running.Task.WaitAsync(Limit);
        using var cut = new CancellationTokenSource();
        Task[] stopping = [server.Server.StopAsync(cut.Token), server.Server.StopAsync(CancellationToken.None)];
        Assert.DoesNotContain(stopping, s => s.IsCompleted);
        cut.Cancel();
        await Task.WhenAll(stopping).WaitAsync(Limit);
        await aborted.Task.WaitAsync(Limit);
        Assert.Equal("", await client.ReadToEndAsync());
    }
}
