namespace RouterDaemon.Benchmarks;

/// <summary>One table of the routing report: a trace on a fleet at some loads.</summary>
/// <param name="Name">Its key in the results.</param>
/// <param name="Title">Its heading.</param>
/// <param name="Trace">The trace's file.</param>
/// <param name="Fleet">A built-in fleet.</param>
/// <param name="Loads">Factors on the trace's own rate.</param>
internal sealed record RoutingCell(string Name, string Title, string Trace, string Fleet, double[] Loads)
{
    private const string Mooncake = "mooncake_conversation.jsonl", Azure = "azure_2023_code.csv";

    /// <summary>Money counts here, so the table is about utility.</summary>
    public bool HasPrices => Fleet.StartsWith("local-cluster-api", StringComparison.Ordinal);

    /// <summary>Drawn in the chart.</summary>
    public bool IsCharted => Loads.Length > 1;

    /// <summary>
    /// Loads around the knee. The mixed fleet has 5.6 times the prefill of one fast engine where the equal one has 8: 0.7 of the equal fleet's loads. Azure
    /// code is scaled until round robin is near 60 %.
    /// </summary>
    public static IReadOnlyList<RoutingCell> All { get; } =
    [
        new("mooncake-equal", "Mooncake conversation, 8 equal engines", Mooncake, "homogeneous-8", [0.7, 1, 1.2]),
        new("mooncake-mixed", "Mooncake conversation, mixed fleet (every second engine prefills 2.5 times slower, half the KV cache)", Mooncake, "mixed-8", [0.5, 0.7, 0.85]),
        new("azure-equal", "Azure code, 8 equal engines", Azure, "homogeneous-8", [2.8, 4, 4.8]),
        new("azure-mixed", "Azure code, mixed fleet", Azure, "mixed-8", [1.5, 2.2, 2.6]),
        new("azure-api", "Azure code, local + cluster + two APIs", Azure, "local-cluster-api", [1, 3, 6]),
        new("mooncake-api", "Mooncake conversation, local + cluster + two APIs", Mooncake, "local-cluster-api", [0.3, 0.5, 0.7]),
        new("equal-stalls", "Mooncake conversation, 8 equal engines, one stands still for 40 s in every 300", Mooncake, "homogeneous-8-stalls", [0.7]),
        new("equal-refusals", "Mooncake conversation, 8 equal engines, one answers 429 at once above 4 in flight", Mooncake, "homogeneous-8-refusals", [0.7]),
        new("equal-dead", "Mooncake conversation, 8 equal engines, one dead from 300 to 600 s", Mooncake, "homogeneous-8-dead", [0.7]),
        new("api-stalls", "Azure code, local + cluster + two APIs, the cluster stands still for 40 s in every 300", Azure, "local-cluster-api-stalls", [3]),
        new("api-refusals", "Azure code, local + cluster + two APIs, the cluster answers 429 at once above 8 in flight", Azure, "local-cluster-api-refusals", [3]),
        new("api-dead", "Azure code, local + cluster + two APIs, the cluster dead from 300 to 600 s", Azure, "local-cluster-api-dead", [3]),
    ];
}
