using RouterDaemon.Benchmarks;

return args is ["routing-tables", .. var rest] ? RoutingTables.Run(rest) : 2;
