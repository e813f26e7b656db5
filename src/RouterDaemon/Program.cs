using RouterDaemon;
using RouterDaemon.Cli;
using RouterDaemon.Config;

var sources = ConfigSources.OfThisProcess(null);
return await Daemon.RunAsync(new ServeOptions { Loaded = ConfigLoader.Load(sources).Loaded!, Sources = sources }).ConfigureAwait(false);
