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

    private static readonly string[] OfAnthropic = ["anthropic-version", "anthropic-beta"];

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
