using RouterDaemon;
using RouterDaemon.Cli;
using RouterDaemon.Http;

SocketThreads.Configure();
return await CommandLine.RunAsync(args, CliHost.OfThisProcess(Daemon.RunAsync)).ConfigureAwait(false);
