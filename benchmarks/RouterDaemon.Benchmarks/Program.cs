using BenchmarkDotNet.Running;
using RouterDaemon.Benchmarks;

if (args is ["routing-tables", .. var rest])
    return RoutingTables.Run(rest);
if (args is ["routing-report", .. var options])
    return RoutingReport.Run(options);
if (args is ["quick"])
    return Quick.Run();
BenchmarkSwitcher.FromAssembly(typeof(RoutingTables).Assembly).Run(args);
return 0;
