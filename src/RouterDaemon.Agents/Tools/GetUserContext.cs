using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Agents.Tools;

/// <summary>A user with what they spent on the current UTC day; the sum is derived from requests, never kept as a balance.</summary>
internal static class GetUserContext
{
    public static readonly ContextTool Tool = new(
        "get_user_context",
        "A user's tier, latency SLA and daily budget with what is used and left of it today (UTC).",
        [new("user_id", "string", "User id") { Required = true }],
        (reader, arguments, cancellation) => reader.ReadAsync((connection, now) => Run(connection, now, Required(arguments)), cancellation));

    private static string Required(ToolArguments arguments) =>
        arguments.Text("user_id") ?? throw new ContextException(ContextErrorCode.InvalidParameter, "user_id is required");

    private static JsonObject Run(SqliteConnection connection, DateTimeOffset now, string id)
    {
        var filter = new Filter().And("id", "=", id);
        var user = filter.Query(connection, $"SELECT id, tier, latency_sla_ms, daily_budget_usd FROM users {filter.Where}", Rows.ToObject).FirstOrDefault()
            ?? throw new ContextException(ContextErrorCode.NotFound, $"User not found: {id}");
        var (used, requests) = UserSpend.Today(connection, id, now);
        user["daily_budget_used_usd"] = used;
        user["daily_budget_remaining_usd"] = user["daily_budget_usd"] is { } budget ? Math.Round((double)budget - used, Rows.Decimals) : null;
        user["requests_today"] = requests;
        return new JsonObject { ["user"] = user };
    }
}
