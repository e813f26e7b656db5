using BenchmarkDotNet.Running;
using RouterDaemon.Benchmarks;

if (args is ["routing-tables", .. var rest])
    return RoutingTables.Run(rest);
if (args is ["context-tables", .. var context])
    return await ContextTables.RunAsync(context);
if (args is ["quick"])
    return Quick.Run();
BenchmarkSwitcher.FromAssembly(typeof(RoutingTables).Assembly).Run(args);
return 0;
