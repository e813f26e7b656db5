using System.Text.Json;
using RouterDaemon.Config.Schema;
using RouterDaemon.Keys;
using RouterDaemon.Store;
using RouterDaemon.Store.Journal;

namespace RouterDaemon.Http.Admin;

/// <summary>Keys as <c>/admin/keys</c> takes and shows them.</summary>
internal sealed class KeyJson(TimeProvider time)
{
    private static readonly string[] Fields = ["name", "user", "tier", "latency_sla_ms", "daily_budget_usd", "expires_at", "expires_in", "limits"];

    /// <exception cref="ApiException">400 naming the field.</exception>
    public NewKey Read(JsonElement body)
    {
        foreach (var field in body.EnumerateObject())
        {
            if (Array.IndexOf(Fields, field.Name) < 0)
            {
                throw new ApiException(ApiError.BadRequest($"\"{field.Name}\" is not known; there are {string.Join(", ", Fields)}.", field.Name));
            }
        }

        var name = AdminBody.Text(body, "name") ?? throw new ApiException(ApiError.BadRequest("\"name\" is missing.", "name", "missing_required_parameter"));
        return new NewKey
        {
            Name = name,
            UserId = AdminBody.Text(body, "user") ?? name,
            Tier = AdminBody.Text(body, "tier") is not { } tier ? null
                : UserTierNames.Find(tier) ?? throw new ApiException(ApiError.BadRequest("\"tier\" must be premium, standard or budget.", "tier", "invalid_value")),
            LatencySlaMs = (int?)AdminBody.Number(body, "latency_sla_ms"),
            DailyBudgetUsd = AdminBody.Number(body, "daily_budget_usd"),
            ExpiresAt = ReadEnd(body),
            Limits = body.TryGetProperty("limits", out var limits) && limits.ValueKind != JsonValueKind.Null ? KeyLimitsJson.Read(limits) : KeyLimits.None,
        };
    }

    private DateTimeOffset? ReadEnd(JsonElement body)
    {
        var now = time.GetUtcNow();
        if (AdminBody.Text(body, "expires_in") is { } span)
        {
            return DurationText.TryParse(span, out var duration) && duration > TimeSpan.Zero && duration < TimeSpan.FromDays(36_500)
                ? now + duration
                : throw new ApiException(ApiError.BadRequest("\"expires_in\" must be a duration such as 30d or 12h.", "expires_in", "invalid_value"));
        }

        if (AdminBody.Text(body, "expires_at") is not { } at)
        {
            return null;
        }

        return Rfc3339.TryParse(at, out var end) && end > now
            ? end
            : throw new ApiException(ApiError.BadRequest("\"expires_at\" must be a time to come such as 2030-01-31T12:00:00Z.", "expires_at", "invalid_value"));
    }

    /// <summary>Every key.</summary>
    public void WriteAll(Utf8JsonWriter json, IReadOnlyList<ApiKey> keys)
    {
        json.WriteStartObject();
        json.WriteStartArray("keys");
        foreach (var key in keys)
        {
            Write(json, key, null);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>One key; <paramref name="text"/> only in the answer that made it.</summary>
    public void Write(Utf8JsonWriter json, ApiKey key, string? text)
    {
        json.WriteStartObject();
        json.WriteString("id", key.Row.Id);
        if (text is not null)
        {
            json.WriteString("key", text);
        }

        json.WriteString("prefix", key.Row.Prefix);
        json.WriteString("name", key.Row.Name);
        json.WriteString("user", key.Row.UserId);
        json.WriteString("tier", UserTierNames.Of(key.User.Tier));
        json.WriteString("state", key.Row.RevokedAt is not null ? "revoked" : key.IsLive(time.GetUtcNow()) ? "live" : "expired");
        WriteTime(json, "created_at", key.Row.CreatedAt);
        WriteTime(json, "expires_at", key.Row.ExpiresAt);
        WriteTime(json, "revoked_at", key.Row.RevokedAt);
        WriteTime(json, "last_used_at", key.LastUsedUnixSeconds > 0 ? DateTimeOffset.FromUnixTimeSeconds(key.LastUsedUnixSeconds) : key.Row.LastUsedAt);
        json.WritePropertyName("limits");
        KeyLimitsJson.Write(json, key.Limits);
        WriteSpent(json, "spent_today_usd", key.Usage.Day);
        WriteSpent(json, "spent_this_month_usd", key.Usage.Month);
        if (key.UserDay is { } day)
        {
            json.WriteNumber("user_daily_budget_usd", day.LimitUsd);
            WriteSpent(json, "user_spent_today_usd", day);
        }

        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } at)
        {
            json.WriteString(name, Rfc3339.Format(at));
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteSpent(Utf8JsonWriter json, string name, Core.State.BudgetState? budget)
    {
        if (budget is not null)
        {
            json.WriteNumber(name, budget.SpentUsd);
        }
    }
}
