using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using RouterDaemon.Config;
using RouterDaemon.Http;
using RouterDaemon.Http.Server;
using RouterDaemon.Keys;
using RouterDaemon.Tests.Transport;

namespace RouterDaemon.Tests.Http.Server;

/// <summary>The server over one kind of socket, with the routes of a test.</summary>
internal sealed class TestServer : ILogger, IAsyncDisposable
{
    public TestServer(string kind, Route[] routes, int maxConnections = 0, TimeProvider? time = null)
    {
        var config = new RouterdConfig { Listen = [new ListenAddress { Kind = ListenKind.Http, Host = "127.0.0.1" }] };
        var gate = new AccessGate(() => throw new InvalidOperationException("no configuration"), new KeyRegistry(Path.Combine(Path.GetTempPath(), "no-such-models.db"), TimeProvider.System), TimeProvider.System);
        var dispatcher = new Dispatcher([.. routes, .. Usual], new RequestGuard(RequestGuardOptions.From(config)), gate, this);
        Server = new HttpServer(new RequestApplication(dispatcher, TimeProvider.System), TransportKinds.Transport(kind), maxConnections, time ?? TimeProvider.System, this);
        EndPoint = Server.Listen(TransportKinds.IsUnix(kind)
            ? new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), $"rd-{Guid.NewGuid():N}"[..20]))
            : new IPEndPoint(IPAddress.Loopback, 0));
    }

    public HttpServer Server { get; }

    public EndPoint EndPoint { get; }

    /// <summary>What handlers failed with.</summary>
    public ConcurrentQueue<Exception> Failures { get; } = [];

    private static Route[] Usual =>
    [
        On("GET", "/hot", c => TextAsync(c, c.Http.Request.Path + c.Http.Request.QueryString)),
        On("GET", "/cold", c => TextAsync(c, "cold"), Heat.Cold),
        On("GET", "/a/{id}", c => TextAsync(c, c.RouteValue)),
        On("POST", "/echo", EchoAsync),
        On("POST", "/echo/cold", EchoAsync, Heat.Cold),
        On("POST", "/unread", c => TextAsync(c, "unread")),
        On("POST", "/refuse", _ => throw new ApiException(ApiError.TooLarge(1))),
    ];

    public static Route On(string method, string path, RouteHandler handler, Heat heat = Heat.Hot) => new(method, path, heat, Access.Open, Dialect.OpenAi, handler);

    public static async ValueTask TextAsync(RequestContext context, string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        context.Http.Response.ContentLength = bytes.Length;
        await context.Http.Response.BodyWriter.WriteAsync(bytes);
    }

    public static async Task<byte[]> BodyAsync(RequestContext context)
    {
        var body = new MemoryStream();
        await context.Http.Request.Body.CopyToAsync(body);
        return body.ToArray();
    }

    public Task<TestClient> ConnectAsync() => TestClient.ConnectAsync(EndPoint);

    public async ValueTask DisposeAsync()
    {
        using var cut = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Server.StopAsync(cut.Token).WaitAsync(TimeSpan.FromSeconds(30));
        Server.Dispose();
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (exception is not null)
            Failures.Enqueue(exception);
    }

    private static async ValueTask EchoAsync(RequestContext context) => await TextAsync(context, Encoding.Latin1.GetString(await BodyAsync(context)));
}
