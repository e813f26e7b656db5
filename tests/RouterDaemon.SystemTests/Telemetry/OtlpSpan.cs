using System.Globalization;
using System.Text.Json;
using RouterDaemon.Bench.Mock;
using RouterDaemon.SystemTests.Support;

namespace RouterDaemon.SystemTests.Telemetry;

/// <summary>A span as a collector received it.</summary>
public sealed record OtlpSpan(string TraceId, string SpanId, string Parent, string Name, int Kind, long StartNs, long EndNs, int Status, Dictionary<string, string> Attributes)
{
    public const int Server = 2;
    public const int Client = 3;

    public string? this[string attribute] => Attributes.GetValueOrDefault(attribute);

    /// <summary>All spans that a mock collector has.</summary>
    /// <exception cref="InvalidDataException">A message is not an ExportTraceServiceRequest.</exception>
    public static List<OtlpSpan> All(MockUpstream collector) => [.. collector.Posts.SelectMany(Read)];

    /// <summary>Waits until a collector has so many spans.</summary>
    public static async Task<List<OtlpSpan>> WaitAsync(MockUpstream collector, int count, DaemonProcess daemon)
    {
        await Eventually.TrueAsync(() => All(collector).Count >= count, TimeSpan.FromSeconds(10), () => $"{All(collector).Count} of {count} spans came\n{daemon.Log}");
        return All(collector);
    }

    private static IEnumerable<OtlpSpan> Read(MockRequest post)
    {
        if (post.Path != "/v1/traces" || post.Header("content-type") != "application/json")
            throw new InvalidDataException($"{post.Path} {post.Header("content-type")}");
        foreach (JsonElement resource in Chat.Parse(post.BodyText).GetProperty("resourceSpans").EnumerateArray())
        {
            if (AttributesOf(resource.GetProperty("resource"))["service.name"] != "routerd")
                throw new InvalidDataException("no service.name");
            foreach (JsonElement span in resource.GetProperty("scopeSpans").EnumerateArray().SelectMany(s => s.GetProperty("spans").EnumerateArray()))
            {
                yield return new OtlpSpan(
                    Id(span.GetProperty("traceId"), 32), Id(span.GetProperty("spanId"), 16), span.TryGetProperty("parentSpanId", out JsonElement parent) ? Id(parent, 16) : "",
                    span.GetProperty("name").GetString()!, span.GetProperty("kind").GetInt32(), Time(span, "startTimeUnixNano"), Time(span, "endTimeUnixNano"),
                    span.GetProperty("status").TryGetProperty("code", out JsonElement code) ? code.GetInt32() : 0, AttributesOf(span));
            }
        }
    }

    private static long Time(JsonElement span, string name) => long.Parse(span.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);

    private static string Id(JsonElement element, int digits)
    {
        string id = element.GetString()!;
        return id.Length == digits && id.All(char.IsAsciiHexDigitLower) && id.Any(c => c != '0') ? id : throw new InvalidDataException($"not an id: {id}");
    }

    private static Dictionary<string, string> AttributesOf(JsonElement element) => element.GetProperty("attributes").EnumerateArray().ToDictionary(
        a => a.GetProperty("key").GetString()!,
        a => a.GetProperty("value").EnumerateObject().Single() is var value && value.NameEquals("arrayValue")
            ? string.Join(",", value.Value.GetProperty("values").EnumerateArray().Select(v => v.GetProperty("stringValue").GetString()))
            : value.Value.ToString());
}
