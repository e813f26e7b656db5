using System.Globalization;
using System.Text.Json;
using RouterDaemon.Config;

namespace RouterDaemon.Backends.OpenAiCompatible;

/// <summary>The price that some servers state in their <c>/v1/models</c>.</summary>
internal static class ListedPrice
{
    private const double Million = 1_000_000;

    /// <summary>
    /// <c>pricing</c> as OpenRouter writes it (USD per token, as text) or <c>price_usd_per_million</c> as this daemon does;
    /// null = neither, or one that cannot be read.
    /// </summary>
    public static PriceConfig? Of(JsonElement model)
    {
        if (Object(model, "price_usd_per_million") is { } ours)
        {
            return Price(Number(ours, "input"), Number(ours, "cached_input"), Number(ours, "output"));
        }

        return Object(model, "pricing") is { } tokens && tokens.TryGetProperty("prompt", out _)
            ? Price(Number(tokens, "prompt") * Million, Number(tokens, "input_cache_read") * Million, Number(tokens, "completion") * Million)
            : null;
    }

    private static PriceConfig? Price(double? input, double? cachedInput, double? output) =>
        input is { } i && output is { } o ? new PriceConfig { InputUsdPerMillion = i, CachedInputUsdPerMillion = cachedInput, OutputUsdPerMillion = o } : null;

    private static JsonElement? Object(JsonElement owner, string name) =>
        owner.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? value : null;

    /// <summary>A number that is not below 0; OpenRouter's -1 means that it depends.</summary>
    private static double? Number(JsonElement owner, string name)
    {
        if (!owner.TryGetProperty(name, out var value))
        {
            return null;
        }

        double? number = value.ValueKind switch
        {
            JsonValueKind.Number => value.GetDouble(),
            JsonValueKind.String when double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) => parsed,
            _ => null,
        };
        return number is >= 0 and < 1e6 ? number : null;
    }
}
