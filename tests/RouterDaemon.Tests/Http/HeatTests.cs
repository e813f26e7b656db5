#pragma warning disable xUnit1051 // Every wait here has a limit of its own.
using System.Diagnostics;
using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using RouterDaemon.Config;
using RouterDaemon.Http;
using RouterDaemon.Keys;
using RouterDaemon.Transport;
using Xunit;

namespace RouterDaemon.Tests.Http;

/// <summary>With one socket thread for everything, every cold route blocks and a hot one goes on answering.</summary>
public sealed class HeatTests
{
    [Fact]
    public async Task BlockedColdRoutesHoldNoHotOneUp()
    {
        using var block = new ManualResetEventSlim();
        int blocked = 0;
        List<Route> routes = [.. Routes.All(Nothing()).Select(r => r.Heat == Heat.Cold
            ? r with { Access = Access.Open, Handler = _ => { Interlocked.Increment(ref blocked); block.Wait(TimeSpan.FromMinutes(1)); return ValueTask.CompletedTask; } }
            : r)];
        Route[] cold = [.. routes.Where(r => r.Heat == Heat.Cold)];
        Assert.True(cold.Length > 5 && cold.Length < routes.Count);
        // The pool grows by a thread or two a second: what is proven is that sockets need none of it.
        ThreadPool.GetMinThreads(out int workers, out int ports);
        ThreadPool.SetMinThreads(Math.Max(workers, cold.Length + 8), ports);
        var config = new RouterdConfig { Listen = [new ListenAddress { Kind = ListenKind.Http, Host = "127.0.0.1" }] };
        var dispatcher = new Dispatcher(routes, new RequestGuard(RequestGuardOptions.From(config)), new AccessGate(() => config, new KeyRegistry(Path.Combine(Path.GetTempPath(), "no-such-models.db"), TimeProvider.System), TimeProvider.System), NullLogger.Instance);
        using var server = new Listeners(config, new RequestApplication(dispatcher, TimeProvider.System), SocketTransport.Default, NullLoggerFactory.Instance, TimeProvider.System);
        await server.StartAsync();
        try
        {
            var url = new Uri(server.Addresses.Single());
            using var client = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromMinutes(1) };
            Task[] waiting = [.. cold.Select(r => client.SendAsync(new HttpRequestMessage(new HttpMethod(r.Method), r.Path.Replace("{id}", "x", StringComparison.Ordinal))))];
            long start = Stopwatch.GetTimestamp();
            while (Volatile.Read(ref blocked) < cold.Length)
            {
                Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30), $"only {blocked} of {cold.Length} cold routes run: one of them sits on the socket's thread");
                await Task.Delay(5);
            }

            for (int i = 0; i < 50; i++)
            {
                using HttpResponseMessage live = await client.GetAsync("/health/live").WaitAsync(TimeSpan.FromSeconds(10));
                Assert.Equal(HttpStatusCode.OK, live.StatusCode);
            }

            Assert.All(waiting, w => Assert.False(w.IsCompleted));
            block.Set();
            await Task.WhenAll(waiting);
        }
        finally
        {
            block.Set();
            await server.StopAsync(CancellationToken.None);
        }
    }

#pragma warning disable CA2255 // The runtime reads these variables at the process's first socket.
    [ModuleInitializer]
    internal static void UseOneSocketThread()
#pragma warning restore CA2255
    {
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT", "1");
        SocketThreads.Configure();
    }

    /// <summary>Endpoints without anything behind them: cold handlers are replaced, and hot ones of inference are not called here.</summary>
    internal static Endpoints Nothing()
    {
        var endpoints = (Endpoints)RuntimeHelpers.GetUninitializedObject(typeof(Endpoints));
        foreach (System.Reflection.PropertyInfo property in typeof(Endpoints).GetProperties())
            property.SetValue(endpoints, RuntimeHelpers.GetUninitializedObject(property.PropertyType));
        return endpoints;
    }
}
