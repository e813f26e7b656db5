using System.CommandLine;
using RouterDaemon.Core.Simulation;
using RouterDaemon.Store.Context;
using RouterDaemon.Store.Replay;

namespace RouterDaemon.Cli;

/// <summary>The trace <c>recorded</c> of <c>routerd simulate</c>: what the daemon answered, out of the context store.</summary>
internal static class RecordedTrace
{
    /// <summary>Stands for a file.</summary>
    public const string Name = "recorded";

    /// <summary>The newest recorded requests, at most <see cref="RecordedRequests.MaxRequests"/>.</summary>
    /// <exception cref="FormatException">The configuration is broken, or nothing was recorded.</exception>
    /// <exception cref="ContextException">The store cannot be read.</exception>
    public static async Task<SimTrace> ReadAsync(CliHost host, ParseResult parsed, CancellationToken cancellation)
    {
        if (host.Load(parsed.GetValue(GlobalOptions.Config), out _) is not { } loaded)
        {
            throw new FormatException("--trace recorded needs a configuration that can be read, to find the store");
        }

        using var reader = new ContextReader(loaded.Config.EffectiveContextDatabasePath, TimeProvider.System);
        var trace = await reader.ReadAsync(
            static (connection, now) => RecordedRequests.ToTrace(RecordedRequests.Read(connection, DateTimeOffset.UnixEpoch, now.AddSeconds(1))),
            cancellation).ConfigureAwait(false);
        return trace.Count > 0 ? trace : throw new FormatException($"--trace recorded: {loaded.Config.EffectiveContextDatabasePath} holds no answered request");
    }
}
