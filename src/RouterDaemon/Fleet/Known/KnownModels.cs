using System.Text.Json;
using RouterDaemon.Config;

namespace RouterDaemon.Fleet.Known;

/// <summary>The table of well-known hosted models, <c>known-models.json</c> beside this file.</summary>
internal static class KnownModels
{
    private static readonly Lazy<(string Date, Dictionary<string, KnownProvider> ByHost)> Table = new(Read);

    /// <summary>The day the prices were gathered, <c>yyyy-MM-dd</c>.</summary>
    public static string Date => Table.Value.Date;

    /// <summary>Every provider, by the host of its API.</summary>
    public static IReadOnlyDictionary<string, KnownProvider> ByHost => Table.Value.ByHost;

    /// <summary>Who answers at that address; null = nobody well-known: its models cost nothing unless a price is configured.</summary>
    public static KnownProvider? At(Uri? url) => url is null ? null : Table.Value.ByHost.GetValueOrDefault(url.Host);

    private static (string, Dictionary<string, KnownProvider>) Read()
    {
        using var stream = typeof(KnownModels).Assembly.GetManifestResourceStream("known-models.json")!;
        using var document = JsonDocument.Parse(stream);
        var byHost = new Dictionary<string, KnownProvider>(StringComparer.OrdinalIgnoreCase);
        foreach (var item in document.RootElement.GetProperty("providers").EnumerateArray())
        {
            var models = new Dictionary<string, KnownModel>(StringComparer.Ordinal);
            if (item.TryGetProperty("models", out var rows))
            {
                foreach (var row in rows.EnumerateArray())
                {
                    models.Add(row.GetProperty("model").GetString()!, ModelOf(row));
                }
            }

            var provider = new KnownProvider(models, item.TryGetProperty("no_chat", out var parts) ? [.. parts.EnumerateArray().Select(p => p.GetString()!)] : []);
            foreach (var host in item.GetProperty("hosts").EnumerateArray())
            {
                byHost.Add(host.GetString()!, provider);
            }
        }

        return (document.RootElement.GetProperty("date").GetString()!, byHost);
    }

    private static KnownModel ModelOf(JsonElement row) => new(
        new PriceConfig
        {
            InputUsdPerMillion = row.GetProperty("input").GetDouble(),
            CachedInputUsdPerMillion = row.TryGetProperty("cached_input", out var cached) ? cached.GetDouble() : null,
            OutputUsdPerMillion = row.TryGetProperty("output", out var output) ? output.GetDouble() : 0,
        },
        row.TryGetProperty("context", out var context) ? context.GetInt32() : 0,
        row.TryGetProperty("embeds", out var embeds) && embeds.GetBoolean());
}
