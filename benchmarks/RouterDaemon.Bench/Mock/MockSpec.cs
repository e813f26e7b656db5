using System.Globalization;

namespace RouterDaemon.Bench.Mock;

/// <summary>Behaviours written as text, <c>latency=5,tps=50,fault=cut,at=3</c>: in a route (<c>/b/SPEC/v1/...</c>), in the header
/// <c>x-mock</c>, in a model name (<c>mock:SPEC</c>) and on the command line.</summary>
public static class MockSpec
{
    /// <summary>Parses a specification on top of a base.</summary>
    /// <exception cref="FormatException">An unknown key or a value that is none; the message names it.</exception>
    public static MockBehaviour Parse(ReadOnlySpan<char> text, MockBehaviour? on = null)
    {
        MockBehaviour b = on ?? new MockBehaviour();
        foreach (Range range in text.Split(','))
        {
            ReadOnlySpan<char> pair = text[range].Trim();
            if (pair.IsEmpty)
                continue;
            int eq = pair.IndexOf('=');
            string key = (eq < 0 ? pair : pair[..eq]).ToString();
            string value = eq < 0 ? "" : pair[(eq + 1)..].ToString();
            b = key switch
            {
                "latency" => b with { LatencyMs = Number(key, value) },
                "jitter" => b with { JitterMs = Number(key, value) },
                "first" => b with { FirstTokenMs = Number(key, value) },
                "tps" => b with { TokensPerSecond = Number(key, value) },
                "tokens" => b with { AnswerTokens = (int)Number(key, value) },
                "stamps" => b with { Stamps = true },
                "answer" => b with { Answer = value },
                "usage" => b with { Usage = Name<MockUsage>(key, value) },
                "prompt" => b with { PromptTokens = (int)Number(key, value) },
                "cached" => b with { CachedTokens = (int)Number(key, value) },
                "status" => MockBehaviour.Error((int)Number(key, value), $"scripted {value}") with { LatencyMs = b.LatencyMs, JitterMs = b.JitterMs },
                "retry-after" => MockBehaviour.RateLimited((int)Number(key, value)),
                "llmd" => MockBehaviour.LlmD(value == "rejected-no-endpoints" ? 503 : 429, "ResourceExhausted", "request dropped", value),
                "fault" => b with { Fault = Name<MockFault>(key, value) },
                "at" => b with { FaultAt = value switch { "head" => MockBehaviour.BeforeHead, "content" => MockBehaviour.BeforeContent, _ => (int)Number(key, value) } },
                "bytes" => b with { CutAfterBytes = (long)Number(key, value) },
                "close" => b with { ConnectionClose = true },
                _ => throw new FormatException($"mock behaviour: unknown key '{key}'"),
            };
        }

        return b;
    }

    private static double Number(string key, string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number
            : throw new FormatException($"mock behaviour: {key}: '{value}' is not a number");

    private static T Name<T>(string key, string value) where T : struct, Enum =>
        Enum.TryParse(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out T parsed) && Enum.IsDefined(parsed)
            ? parsed
            : throw new FormatException($"mock behaviour: {key}: '{value}' is none of {string.Join(", ", Enum.GetNames<T>())}");
}
