namespace RouterDaemon.Relay;

/// <summary>The client's headers that may reach a cluster: llm-d's scheduling hints, by allow-list (llm-d-router, pkg/epp/metadata).</summary>
internal static class CrossingHeaders
{
    private const int MaxValueLength = 1024;

    private static readonly string[] Allowed =
    [
        "x-llm-d-inference-objective", "x-llm-d-inference-fairness-id", "x-llm-d-slo-ttft-ms", "x-llm-d-slo-tpot-ms",
        "x-session-token", "x-session-id",
    ];

    /// <summary>Those that the request carries.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(IHeaderDictionary headers)
    {
        List<KeyValuePair<string, string>>? found = null;
        foreach (var name in Allowed)
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
