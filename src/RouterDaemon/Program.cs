using RouterDaemon;
using RouterDaemon.Cli;

return await CommandLine.RunAsync(args, CliHost.OfThisProcess(Daemon.RunAsync)).ConfigureAwait(false);
