#pragma warning disable xUnit1051 // Every wait here has a limit of its own.
using System.Buffers;
using System.Text.Json;
using RouterDaemon.Http.Server;
using RouterDaemon.SystemTests.Support;
using RouterDaemon.Tests.Engine;
using RouterDaemon.Tests.Transport;
using Xunit;

namespace RouterDaemon.Tests.Http.Server;

/// <summary>How long a client may take, by a clock that the tests move. The server looks at its own once a second.</summary>
public sealed class HttpServerTimeTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task AnIdleConnectionEnds(string kind)
    {
        await using var server = new TestServer(kind, [], time: _time);
        using TestClient fresh = await server.ConnectAsync();
        using TestClient used = await server.ConnectAsync();
        Assert.Equal(200, (await used.GetAsync("/hot")).Status);
        await Eventually.TrueAsync(() => server.Server.ConnectionCount == 2, Limit, () => "not both are accepted");
        await SettleAsync(server);
        Task<string>[] reading = [fresh.ReadToEndAsync(), used.ReadToEndAsync()];
        _time.Advance(ServerLimits.KeepAlive - Second);
        Assert.Equal(2, server.Server.ConnectionCount);
        Assert.DoesNotContain(reading, r => r.IsCompleted);
        _time.Advance(2 * Second);
        Assert.All(await Task.WhenAll(reading), r => Assert.Equal("", r));
        Assert.Equal(0, server.Server.ConnectionCount);
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task AHeadThatDoesNotEndIsATimeout(string kind)
    {
        await using var server = new TestServer(kind, [], time: _time);
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync(TestClient.Request("GET", "/hot") + "GET / HTTP/1.1\r\n");
        Assert.Equal(200, (await client.ReadAsync()).Status);
        await SettleAsync(server);
        Task<Answer> reading = client.ReadAsync();
        TimeSpan took = await TimeUntilAsync(() => reading.IsCompleted, () => client.SendAsync("x: y\r\n"), patientFrom: ServerLimits.Head - (2 * Second));
        Assert.InRange(took, ServerLimits.Head - (2 * Second), ServerLimits.Head + (5 * Second));
        Answer answer = await reading;
        Assert.Equal((408, true), (answer.Status, answer.Closes));
        using JsonDocument body = JsonDocument.Parse(answer.Body);
        Assert.Equal("request_timeout", body.RootElement.GetProperty("error").GetProperty("code").GetString());
        // What comes late is read over, so that the answer is not lost; it ends with the client, or after a while.
        await client.SendAsync(new byte[1 << 16]);
        Assert.Equal("", await client.ReadToEndAsync());
        Assert.Equal(1, server.Server.ConnectionCount);
        _time.Advance(ServerLimits.Drain + Second);
        await Eventually.TrueAsync(() => server.Server.ConnectionCount == 0, Limit, () => "it lingers");
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task ABodyThatStopsOrTricklesIsGivenUp(string kind)
    {
        int reading = 0;
        await using var server = new TestServer(kind, [TestServer.On("POST", "/body", async c =>
        {
            var all = new byte[100 << 20];
            Interlocked.Increment(ref reading);
            while (await c.Http.Request.Body.ReadAsync(all) > 0)
            {
                // However much was announced, and asked for at once.
            }
        })], time: _time);
        string[] requests = [$"POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {100 << 20}\r\n\r\n[", TestClient.Chunked("/body", "ffff\r\n[")];
        for (int i = 0; i < 4; i++)
        {
            using TestClient client = await server.ConnectAsync();
            await client.SendAsync(requests[i % 2]);
            await Eventually.TrueAsync(() => Volatile.Read(ref reading) == i + 1, Limit, () => "the handler does not read");
            await SettleAsync(server);
            TimeSpan took = await TimeUntilAsync(() => server.Server.ConnectionCount == 0, () => client.SendAsync(i < 2 ? "" : "["), TimeSpan.Zero);
            Assert.InRange(took, ServerLimits.Grace - Second, ServerLimits.Grace + (5 * Second));
            Assert.Equal("", await client.ReadToEndAsync());
        }
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task ABodyThatIsJustFastEnoughIsRead(string kind)
    {
        long received = 0;
        await using var server = new TestServer(kind, [TestServer.On("POST", "/body", async c =>
        {
            var buffer = new byte[1 << 16];
            while (await c.Http.Request.Body.ReadAsync(buffer) is var read and > 0)
                Interlocked.Add(ref received, read);
            await TestServer.TextAsync(c, $"{received}");
        })], time: _time);
        using TestClient client = await server.ConnectAsync();
        const int Seconds = 60;
        await client.SendAsync($"POST /body HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Seconds * ServerLimits.MinBytesPerSecond}\r\n\r\n");
        for (int i = 1; i <= Seconds; i++)
        {
            _time.Advance(Second);
            await client.SendAsync(new byte[ServerLimits.MinBytesPerSecond]);
            await Eventually.TrueAsync(() => Interlocked.Read(ref received) == i * ServerLimits.MinBytesPerSecond, Limit, () => $"{received} bytes were read");
        }

        Assert.Equal($"{Seconds * ServerLimits.MinBytesPerSecond}", (await client.ReadAsync()).Text);
    }

    [Theory]
    [MemberData(nameof(TransportKinds.All), MemberType = typeof(TransportKinds))]
    public async Task ARunningHandlerHasNoLimitAndAReaderHas(string kind)
    {
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int running = 0;
        Task? flush = null;
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = new TestServer(kind, [TestServer.On("GET", "/large", async c =>
        {
            c.Http.RequestAborted.Register(aborted.SetResult);
            Interlocked.Increment(ref running);
            await go.Task;
            c.Http.Response.BodyWriter.Write(new byte[32 << 20]);
            flush = c.Http.Response.BodyWriter.FlushAsync().AsTask();
            Interlocked.Increment(ref running);
            await flush;
        })], time: _time);
        using TestClient client = await server.ConnectAsync();
        await client.SendAsync(TestClient.Request("GET", "/large"));
        await Eventually.TrueAsync(() => Volatile.Read(ref running) == 1, Limit, () => "the handler does not run");
        _time.Advance(TimeSpan.FromDays(1));
        Assert.False(aborted.Task.IsCompleted);
        go.SetResult();
        await Eventually.TrueAsync(() => Volatile.Read(ref running) == 2, Limit, () => "nothing is sent");
        _time.Advance(ServerLimits.Reader - (2 * Second));
        Assert.False(flush!.IsCompleted);
        _time.Advance(4 * Second);
        await flush.WaitAsync(Limit);
        await aborted.Task.WaitAsync(Limit);
    }

    [Fact]
    public async Task ClocksThatTickTwiceAtOnceDoNoHarm()
    {
        await using var server = new TestServer("sockets tcp", [], time: _time);
        Task[] ticking = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 500; i++)
                _time.Advance(TimeSpan.FromMilliseconds(10));
        }))];
        while (!Task.WhenAll(ticking).IsCompleted)
        {
            using TestClient client = await server.ConnectAsync();
            await client.SendAsync(TestClient.Request("GET", "/hot"));
            // It may take 30 s of that clock, or not.
            await Record.ExceptionAsync(() => client.ReadAsync());
        }

        await Task.WhenAll(ticking);
        using TestClient last = await server.ConnectAsync();
        Assert.Equal(200, (await last.GetAsync("/hot")).Status);
    }

    /// <summary>Tests have one socket thread: when it answers another connection, it has done all that it had to do for the others.</summary>
    private static async Task SettleAsync(TestServer server)
    {
        int before = server.Server.ConnectionCount;
        using (TestClient probe = await server.ConnectAsync())
            Assert.Equal(200, (await probe.GetAsync("/hot")).Status);
        await Eventually.TrueAsync(() => server.Server.ConnectionCount == before, Limit, () => "the probe's connection is left");
    }

    /// <summary>Moves the clock by seconds until something has happened; says by how much.</summary>
    private async Task<TimeSpan> TimeUntilAsync(Func<bool> happened, Func<Task> eachSecond, TimeSpan patientFrom)
    {
        DateTimeOffset from = _time.GetUtcNow();
        while (!happened())
        {
            TimeSpan passed = _time.GetUtcNow() - from;
            Assert.True(passed < TimeSpan.FromMinutes(10), "nothing happens");
            await eachSecond();
            // What the server was sent, it has before the next second; and what it did, the client has seen.
            for (int i = 0; i < (passed < patientFrom ? 1 : 20) && !happened(); i++)
                await Task.Delay(10);
            if (!happened())
                _time.Advance(Second);
        }

        return _time.GetUtcNow() - from;
    }
}
