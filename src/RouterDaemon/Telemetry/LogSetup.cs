using Microsoft.Extensions.Logging.Console;
using RouterDaemon.Config;

namespace RouterDaemon.Telemetry;

/// <summary>The daemon's log on stderr: plain text, systemd prefixes under systemd, JSON on request.</summary>
internal static class LogSetup
{
    /// <summary>The log as configured.</summary>
    public static ILoggerFactory Create(LogConfig config) => LoggerFactory.Create(builder =>
    {
        builder.SetMinimumLevel(config.Level);
        // Kestrel's own lines are for debugging; what matters of them is said by the daemon.
        builder.AddFilter("Microsoft", config.Level == LogLevel.Trace ? LogLevel.Trace : LogLevel.Error);
        builder.Services.Configure<ConsoleLoggerOptions>(o =>
        {
            o.LogToStandardErrorThreshold = LogLevel.Trace;
            // A reader of stderr that hangs must not hang the threads that serve requests.
            o.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        switch (Resolve(config.Format))
        {
            case LogFormat.Json:
                builder.AddJsonConsole(o => o.UseUtcTimestamp = true);
                break;
            case LogFormat.Systemd:
                builder.AddSystemdConsole();
                break;
            default:
                builder.AddSimpleConsole(o =>
                {
                    o.SingleLine = true;
                    o.UseUtcTimestamp = true;
                    o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
                });
                break;
        }
    });

    private static LogFormat Resolve(LogFormat format) =>
        format == LogFormat.Auto && Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 } ? LogFormat.Systemd : format;
}
