using System.Globalization;
using System.Text.Json;

namespace RouterDaemon.Relay.Translation.Ollama;

/// <summary>Times as Ollama writes them: RFC 3339 with fractions, durations in nanoseconds.</summary>
internal static class OllamaTime
{
    /// <summary>Microseconds since 1970 as text.</summary>
    public static string Format(long unixMicros) =>
        (DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds(unixMicros)).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>
    /// <c>total_duration</c> and its parts as the router saw them: up to the first content counts as reading the prompt, the rest as
    /// writing the answer. Loading is part of the former, so it is 0.
    /// </summary>
    public static void WriteDurations(Utf8JsonWriter json, InferenceCall call)
    {
        var total = call.ElapsedNs;
        var prompt = double.IsFinite(call.TtftMs) ? Math.Min(total, (long)(call.TtftMs * 1e6)) : 0;
        json.WriteNumber("total_duration", total);
        json.WriteNumber("load_duration", 0);
        json.WriteNumber("prompt_eval_duration", prompt);
        json.WriteNumber("eval_duration", total - prompt);
    }
}
