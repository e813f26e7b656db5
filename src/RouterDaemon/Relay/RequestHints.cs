using System.Globalization;
using System.Text.Json;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.Wire;
using RouterDaemon.Http;

namespace RouterDaemon.Relay;

/// <summary>
/// What a client asked of the router, by header or in the body's <c>route</c> object (a header wins). Names in <c>route</c> are the
/// headers' without <c>x-routerd-</c>, with <c>_</c> for <c>-</c>.
/// </summary>
internal sealed class RequestHints
{
    /// <summary>Most names in <c>models</c> or <c>fallbacks</c>.</summary>
    public const int MaxFallbacks = 16;

    private static readonly string[] Names =
        ["privacy", "preset", "policy", "max-cost-usd", "slo-ttft-ms", "slo-tpot-ms", "deadline-ms", "session", "tags", "no-cache", "cache", "explain"];

    /// <summary>Names of the headers.</summary>
    public static readonly string[] HeaderNames = Array.ConvertAll(Names, static name => "x-routerd-" + name);

    private static readonly RequestHints None = new();

    /// <summary>Least trust level; null = not said.</summary>
    public TrustLevel? PrivacyFloor { get; private set; }

    /// <summary>Preset, or null.</summary>
    public RoutingPreset? Preset { get; private set; }

    /// <summary>Number of the policy plus one; 0 = not said.</summary>
    public int Policy { get; private set; }

    /// <summary>USD; 0 = no limit.</summary>
    public double MaxCostUsd { get; private set; }

    /// <summary>0 = not said.</summary>
    public float SloTtftMs { get; private set; }

    /// <summary>0 = not said.</summary>
    public float SloTpotMs { get; private set; }

    /// <summary>0 = not said.</summary>
    public double DeadlineMs { get; private set; }

    /// <summary>Session id, or null.</summary>
    public string? Session { get; private set; }

    /// <summary>Tags a deployment must carry.</summary>
    public IReadOnlyList<string> Tags { get; private set; } = [];

    /// <summary>Leave the response cache alone.</summary>
    public bool NoCache { get; private set; }

    /// <summary>The response cache may answer, whatever the temperature.</summary>
    public bool Cache { get; private set; }

    /// <summary>The answer shall carry the decision.</summary>
    public bool Explain { get; private set; }

    /// <summary>Names to try, in order, after the model asked for.</summary>
    public IReadOnlyList<string> Fallbacks { get; private set; } = [];

    /// <summary>Reads headers and body.</summary>
    /// <exception cref="ApiException">400 naming the header or field that cannot be read.</exception>
    public static RequestHints Read(IHeaderDictionary headers, ReadOnlySpan<byte> body, in RequestPeek peek)
    {
        RequestHints? hints = null;
        if (peek.Route.Length > 0)
        {
            hints = new RequestHints();
            hints.ReadRouteObject(peek.Route.Of(body));
        }

        for (var i = 0; i < Names.Length; i++)
        {
            if (headers.TryGetValue(HeaderNames[i], out var value) && value.Count > 0)
            {
                (hints ??= new RequestHints()).Set(Names[i], value[^1] ?? "", HeaderNames[i]);
            }
        }

        var list = peek.Fallbacks.Length > 0 ? peek.Fallbacks : peek.Models;
        if (list.Length > 0)
        {
            (hints ??= new RequestHints()).ReadFallbacks(list.Of(body), peek.Fallbacks.Length > 0 ? "fallbacks" : "models");
        }

        return hints ?? None;
    }

    private void ReadRouteObject(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw Bad("route", "must be an object");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            var name = key.Replace('_', '-');
            reader.Read();
            if (!Names.Contains(name))
            {
                throw Bad($"route.{key}", $"is not known; known are {string.Join(", ", Names.Select(n => n.Replace('-', '_')))}");
            }

            switch (reader.TokenType)
            {
                case JsonTokenType.String:
                    Set(name, reader.GetString()!, $"route.{key}");
                    break;
                case JsonTokenType.Number:
                    Set(name, reader.GetDouble().ToString(CultureInfo.InvariantCulture), $"route.{key}");
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    Set(name, reader.TokenType == JsonTokenType.True ? "1" : "0", $"route.{key}");
                    break;
                case JsonTokenType.StartArray when name == "tags":
                    Set(name, string.Join(',', ReadStrings(ref reader, "route.tags")), "route.tags");
                    break;
                case JsonTokenType.Null:
                    break;
                default:
                    throw Bad($"route.{key}", "must be a string, a number or a boolean");
            }
        }
    }

    private void ReadFallbacks(ReadOnlySpan<byte> json, string key)
    {
        var reader = new Utf8JsonReader(json);
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Bad(key, "must be an array of model names");
        }

        var names = ReadStrings(ref reader, key);
        if (names.Count > MaxFallbacks)
        {
            throw Bad(key, $"has {names.Count} names; at most {MaxFallbacks} are taken");
        }

        Fallbacks = names;
    }

    private static List<string> ReadStrings(ref Utf8JsonReader reader, string key)
    {
        var list = new List<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            list.Add(reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw Bad(key, "must hold strings only"));
        }

        return list;
    }

    private void Set(string name, string value, string where)
    {
        switch (name)
        {
            case "privacy":
                PrivacyFloor = value switch
                {
                    "device" => TrustLevel.Device,
                    "private" => TrustLevel.Private,
                    "public" => TrustLevel.Public,
                    _ => throw Bad(where, $"is \"{value}\"; it must be device, private or public"),
                };
                break;
            case "preset":
                Preset = RoutingPreset.Find(value)
                    ?? throw Bad(where, $"is \"{value}\"; it must be {string.Join(", ", RoutingPreset.All.Select(p => p.Name))}");
                break;
            case "policy":
                var number = RoutingPolicies.IndexOf(value);
                Policy = number >= 0
                    ? number + 1
                    : throw Bad(where, $"is \"{value}\"; it must be one of {string.Join(", ", RoutingPolicies.Table.Select(p => p.Name))}");
                break;
            case "max-cost-usd":
                MaxCostUsd = Positive(value, where);
                break;
            case "slo-ttft-ms":
                SloTtftMs = (float)Positive(value, where);
                break;
            case "slo-tpot-ms":
                SloTpotMs = (float)Positive(value, where);
                break;
            case "deadline-ms":
                DeadlineMs = Positive(value, where);
                break;
            case "session":
                Session = value.Length is > 0 and <= 256 ? value : throw Bad(where, "must have 1 to 256 characters");
                break;
            case "tags":
                Tags = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                break;
            case "no-cache":
                NoCache = Flag(value, where);
                break;
            case "cache":
                Cache = Flag(value, where);
                break;
            default:
                Explain = Flag(value, where);
                break;
        }
    }

    private static double Positive(string value, string where) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) && number > 0
            ? number
            : throw Bad(where, $"is \"{value}\"; it must be a number above 0");

    private static bool Flag(string value, string where) => value switch
    {
        "1" or "true" => true,
        "0" or "false" => false,
        _ => throw Bad(where, $"is \"{value}\"; it must be 1 or 0"),
    };

    private static ApiException Bad(string where, string what) => new(ApiError.BadRequest($"{where} {what}.", where));
}
