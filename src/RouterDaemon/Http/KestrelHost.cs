using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Hosting.Internal;

namespace RouterDaemon.Http;

/// <summary>
/// Builds Kestrel's server object without the web host around it: start-up stays in the low milliseconds, and no container
/// is asked for anything once it runs.
/// </summary>
internal static class KestrelHost
{
    private const int ListenBacklog = 4096;

    /// <summary>A server that is ready to be started with an application.</summary>
    public static IServer Create(ILoggerFactory loggers, Action<KestrelServerOptions> configure)
    {
        var builder = new ServiceCollectionWebHostBuilder();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        builder.Services.AddOptions();
        builder.Services.AddMetrics();
        builder.Services.AddSingleton(new System.Diagnostics.DiagnosticListener("RouterDaemon"));
        builder.Services.AddSingleton<System.Diagnostics.DiagnosticSource>(s => s.GetRequiredService<System.Diagnostics.DiagnosticListener>());
        builder.UseKestrelCore();
        builder.UseKestrelHttpsConfiguration();
        // TLS asks where it runs, to look for a developer's certificate; there is none, ours is configured.
        builder.Services.AddSingleton<IHostEnvironment>(new HostingEnvironment { ApplicationName = "routerd", EnvironmentName = Environments.Production, ContentRootPath = AppContext.BaseDirectory });
        builder.Services.Configure(configure);
        builder.Services.Configure<SocketTransportOptions>(static sockets =>
        {
            // See SocketThreads: requests stay on the thread that read them.
            sockets.UnsafePreferInlineScheduling = true;
            sockets.IOQueueCount = SocketThreads.Count;
            // One system call less for each request; an idle connection holds 4 KiB for it.
            sockets.WaitForDataBeforeAllocatingBuffer = false;
            sockets.Backlog = ListenBacklog;
        });
        return builder.Services.BuildServiceProvider().GetRequiredService<IServer>();
    }

    /// <summary>Kestrel registers itself through a web host builder; this one only collects the services.</summary>
    private sealed class ServiceCollectionWebHostBuilder : IWebHostBuilder
    {
        private readonly WebHostBuilderContext _context = new() { Configuration = new ConfigurationBuilder().Build() };

        public ServiceCollection Services { get; } = new();

#pragma warning disable ASPDEPR008 // The interface that Kestrel registers itself through still names the old host.
        public IWebHost Build() => throw new NotSupportedException("Only the server is built here.");
#pragma warning restore ASPDEPR008

        public IWebHostBuilder ConfigureAppConfiguration(Action<WebHostBuilderContext, IConfigurationBuilder> configureDelegate) => this;

        public IWebHostBuilder ConfigureServices(Action<IServiceCollection> configureServices)
        {
            configureServices(Services);
            return this;
        }

        public IWebHostBuilder ConfigureServices(Action<WebHostBuilderContext, IServiceCollection> configureServices)
        {
            configureServices(_context, Services);
            return this;
        }

        public string? GetSetting(string key) => null;

        public IWebHostBuilder UseSetting(string key, string? value) => this;
    }
}
