using System.Buffers;
using System.Text;
using System.Text.Json;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Http;

namespace RouterDaemon.Keys;

/// <summary>Limits as JSON: in the registry, over <c>/admin/keys</c> and from the command line. An unknown name is an error, not a limit that is not kept.</summary>
internal static class KeyLimitsJson
{
    /// <summary>Reads an object.</summary>
    /// <exception cref="ApiException">400 naming the field.</exception>
    public static KeyLimits Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw Bad("limits", "must be an object");
        }

        var limits = new KeyLimits();
        foreach (var field in json.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            limits = field.Name switch
            {
                "budget_usd_per_day" => limits with { BudgetUsdPerDay = Money(field) },
                "budget_usd_per_month" => limits with { BudgetUsdPerMonth = Money(field) },
                "models" => limits with { Models = Names(field) },
                "privacy" => limits with { Privacy = Trust(field) },
                "max_output_tokens" => limits with { MaxOutputTokens = Count(field, 1) },
                "per_model" => limits with { PerModel = PerModel(field) },
                _ => limits with { Rate = Rate(limits.Rate, field) ?? throw Unknown(field.Name) },
            };
        }

        return limits;
    }

    /// <summary>The object as <see cref="Read"/> takes it; what is not limited is left out.</summary>
    public static void Write(Utf8JsonWriter json, KeyLimits limits)
    {
        json.WriteStartObject();
        WriteRate(json, limits.Rate);
        WriteMoney(json, "budget_usd_per_day", limits.BudgetUsdPerDay);
        WriteMoney(json, "budget_usd_per_month", limits.BudgetUsdPerMonth);
        if (limits.Models.Count > 0)
        {
            json.WriteStartArray("models");
            foreach (var model in limits.Models)
            {
                json.WriteStringValue(model);
            }

            json.WriteEndArray();
        }

        if (limits.Privacy is { } privacy)
        {
            json.WriteString("privacy", TrustText(privacy));
        }

        if (limits.MaxOutputTokens != KeyLimits.DefaultMaxOutputTokens)
        {
            json.WriteNumber("max_output_tokens", limits.MaxOutputTokens);
        }

        if (limits.PerModel.Count > 0)
        {
            json.WriteStartObject("per_model");
            foreach (var (name, rate) in limits.PerModel)
            {
                json.WriteStartObject(name);
                WriteRate(json, rate);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>As it lies in the registry.</summary>
    public static string ToText(KeyLimits limits)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json, limits);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>A trust level by its word.</summary>
    public static string TrustText(TrustLevel trust) => trust switch
    {
        TrustLevel.Device => "device",
        TrustLevel.Private => "private",
        _ => "public",
    };

    private static RateLimits? Rate(RateLimits rate, JsonProperty field) => field.Name switch
    {
        "requests_per_minute" => rate with { RequestsPerMinute = Count(field, 1) },
        "tokens_per_minute" => rate with { TokensPerMinute = Count(field, 1) },
        "max_parallel" => rate with { MaxParallel = Count(field, 1) },
        _ => null,
    };

    private static List<KeyValuePair<string, RateLimits>> PerModel(JsonProperty field)
    {
        if (field.Value.ValueKind != JsonValueKind.Object)
        {
            throw Bad(field.Name, "must be an object of models");
        }

        var all = new List<KeyValuePair<string, RateLimits>>();
        foreach (var model in field.Value.EnumerateObject())
        {
            if (model.Value.ValueKind != JsonValueKind.Object)
            {
                throw Bad($"per_model.{model.Name}", "must be an object of limits");
            }

            var rate = new RateLimits();
            foreach (var limit in model.Value.EnumerateObject())
            {
                rate = Rate(rate, limit) ?? throw Unknown($"per_model.{model.Name}.{limit.Name}");
            }

            all.Add(new(model.Name, rate));
        }

        return all;
    }

    private static int Count(JsonProperty field, int least) =>
        field.Value.ValueKind == JsonValueKind.Number && field.Value.TryGetInt32(out var number) && number >= least
            ? number
            : throw Bad(field.Name, $"must be a whole number from {least} on");

    private static double Money(JsonProperty field) =>
        field.Value.ValueKind == JsonValueKind.Number && field.Value.GetDouble() is >= 0 and < 1e9 and var usd
            ? usd
            : throw Bad(field.Name, "must be an amount of USD from 0 on");

    private static TrustLevel Trust(JsonProperty field) => field.Value.ValueKind != JsonValueKind.String ? throw Bad(field.Name, "must be device, private or public")
        : field.Value.GetString() switch
        {
            "device" => TrustLevel.Device,
            "private" => TrustLevel.Private,
            "public" => TrustLevel.Public,
            _ => throw Bad(field.Name, "must be device, private or public"),
        };

    private static List<string> Names(JsonProperty field)
    {
        var names = new List<string>();
        if (field.Value.ValueKind == JsonValueKind.Array)
        {
            foreach (var name in field.Value.EnumerateArray())
            {
                if (name.ValueKind == JsonValueKind.String && name.GetString() is { Length: > 0 } text)
                {
                    names.Add(text);
                }
            }
        }

        return names.Count > 0 && names.Count == field.Value.GetArrayLength() ? names : throw Bad(field.Name, "must be a list of names, at least one");
    }

    private static void WriteRate(Utf8JsonWriter json, RateLimits rate)
    {
        WriteCount(json, "requests_per_minute", rate.RequestsPerMinute);
        WriteCount(json, "tokens_per_minute", rate.TokensPerMinute);
        WriteCount(json, "max_parallel", rate.MaxParallel);
    }

    private static void WriteCount(Utf8JsonWriter json, string name, int count)
    {
        if (count > 0)
        {
            json.WriteNumber(name, count);
        }
    }

    private static void WriteMoney(Utf8JsonWriter json, string name, double? usd)
    {
        if (usd is { } amount)
        {
            json.WriteNumber(name, amount);
        }
    }

    private static ApiException Unknown(string name) => Bad(name,
        "is no limit; there are requests_per_minute, tokens_per_minute, max_parallel, budget_usd_per_day, budget_usd_per_month, models, privacy, max_output_tokens and per_model");

    private static ApiException Bad(string name, string what) => new(ApiError.BadRequest($"\"{name}\" {what}.", name, "invalid_value"));
}
