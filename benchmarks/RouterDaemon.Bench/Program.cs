using RouterDaemon.Bench;

return await BenchCommands.RunAsync(args);
