using System.Text.Json;
using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;

namespace RouterDaemon.Backends.OpenAiCompatible;

/// <summary>Reads <c>GET /v1/models</c> as the servers out there write it.</summary>
internal static class ModelListing
{
    /// <summary>
    /// The models of a list. Of another <c>routerd</c> only the models are taken, each with what its first deployment is, and not the deployments
    /// themselves; one that it keeps as a last resort is no help to anybody else.
    /// </summary>
    /// <exception cref="JsonException">It is not a list of models.</exception>
    public static List<DiscoveredModel> Read(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        if (document.RootElement.ValueKind != JsonValueKind.Object
            || !document.RootElement.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException("no data array");
        }

        var items = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var item in data.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.String)
            {
                items.TryAdd(id.GetString()!, item);
            }
        }

        var models = new List<DiscoveredModel>(items.Count);
        foreach (var (id, item) in items)
        {
            var facts = FirstDeployment(item) is { } first && items.TryGetValue(first, out var deployment) ? deployment : item;
            if (!IsDeployment(item) && !(facts.TryGetProperty("last_resort", out var isLast) && isLast.ValueKind == JsonValueKind.True))
            {
                models.Add(new DiscoveredModel(id, ContextOf(facts)) { Price = ListedPrice.Of(facts), Capabilities = CapabilitiesOf(facts) });
            }
        }

        return models;
    }

    private static bool IsDeployment(JsonElement item) => item.TryGetProperty("price_usd_per_million", out _);

    private static string? FirstDeployment(JsonElement item) =>
        item.TryGetProperty("deployments", out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0 && list[0].ValueKind == JsonValueKind.String
            ? list[0].GetString()
            : null;

    /// <summary>vLLM says <c>max_model_len</c>, llama-server <c>meta.n_ctx_train</c> (not what it serves), some gateways <c>context_length</c>.</summary>
    private static int ContextOf(JsonElement item) => IntOf(item, "max_model_len") ?? IntOf(item, "context_length") ?? 0;

    private static int? IntOf(JsonElement item, string name) =>
        item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    private static Capability? CapabilitiesOf(JsonElement item)
    {
        if (!item.TryGetProperty("capabilities", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        Capability bits = 0;
        foreach (var name in list.EnumerateArray())
        {
            bits |= name.ValueKind == JsonValueKind.String ? CapabilityNames.Find(name.GetString()!) : 0;
        }

        return bits == 0 ? null : bits;
    }
}
