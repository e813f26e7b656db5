using System.Text.Json.Serialization;

namespace RouterDaemon.Benchmarks;

/// <summary>Generated readers and writers of the results file, for the native build.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RoutingResult))]
internal sealed partial class RoutingResultJson : JsonSerializerContext;
