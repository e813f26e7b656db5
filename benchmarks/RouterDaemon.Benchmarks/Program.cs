using RouterDaemon.Benchmarks;

if (args is ["routing-tables", .. var rest])
    return RoutingTables.Run(rest);
if (args is ["routing-report", .. var options])
    return RoutingReport.Run(options);
if (args is ["context-tables", .. var context])
    return await ContextTables.RunAsync(context);
if (args is ["quick", .. var names])
    return Quick.Run(names);
#if NATIVE
Console.Error.WriteLine("usage: quick [part of a name ...] | routing-tables --trace FILE ... | routing-report ...; BenchmarkDotNet is in the JIT build");
return 2;
#else
BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(RoutingTables).Assembly)
    .Run(args, BenchmarkDotNet.Configs.ManualConfig.Create(BenchmarkDotNet.Configs.DefaultConfig.Instance).AddDiagnoser(BenchmarkDotNet.Diagnosers.MemoryDiagnoser.Default));
return 0;
#endif
