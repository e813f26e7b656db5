using RouterDaemon.Http;

namespace RouterDaemon.Relay;

/// <summary>The client's headers that may reach an upstream, by allow-list.</summary>
internal static class CrossingHeaders
{
    private const int MaxValueLength = 1024;

    // llm-d's scheduling hints (llm-d-router, pkg/epp/metadata).
    private static readonly string[] OfOpenAi =
    [
        "x-llm-d-inference-objective", "x-llm-d-inference-fairness-id", "x-llm-d-slo-ttft-ms", "x-llm-d-slo-tpot-ms",
        "x-session-token", "x-session-id",
    ];

    private const int MaxTraceParentLength = 128;

    private static readonly string[] OfAnthropic = ["anthropic-version", "anthropic-beta"];

    /// <summary>The client's own trace context, for a request that is not traced here; null = none.</summary>
    public static string? TraceParentOf(IHeaderDictionary headers) =>
        headers.TraceParent is [{ Length: <= MaxTraceParentLength } parent] && !parent.AsSpan().ContainsAnyExceptInRange('!', '~') ? parent : null;

    /// <summary>Those that the request carries, for an upstream that gets the body in <paramref name="dialect"/>.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(IHeaderDictionary headers, Dialect dialect)
    {
        List<KeyValuePair<string, string>>? found = null;
        foreach (var name in dialect == Dialect.Anthropic ? OfAnthropic : OfOpenAi)
        {
            if (headers.TryGetValue(name, out var value) && value is [{ Length: <= MaxValueLength } text]
                && !text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                (found ??= []).Add(new(name, text));
            }
        }

        return found ?? [];
    }
}
