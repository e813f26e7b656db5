using System.Globalization;
using System.Text.Json;
using RouterDaemon.Agents.Tools;
using RouterDaemon.Config;
using RouterDaemon.Fleet;

namespace RouterDaemon.Http.Admin;

/// <summary><c>/admin/config</c>, <c>/admin/reload</c> and <c>/admin/decisions</c>.</summary>
internal sealed class AdminDaemon(FleetManager fleet, ToolRegistry tools, Func<ConfigResult> reload)
{
    private const int DefaultDecisions = 20;
    private const int MaxDecisions = 200;

    /// <summary>The configuration in force, with defaults and without secrets.</summary>
    public ValueTask ConfigAsync(RequestContext context) =>
        JsonAnswer.WriteAsync(context, 200, json => json.WriteRawValue(ConfigPrinter.ShowJson(fleet.Current.Config)));

    /// <summary>Reads the file again. A file that cannot be used changes nothing: 422 with every fault.</summary>
    public ValueTask ReloadAsync(RequestContext context)
    {
        var result = reload();
        return JsonAnswer.WriteAsync(context, result.Loaded is null ? 422 : 200, json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("reloaded", result.Loaded is not null);
            json.WriteStartArray(result.Loaded is null ? "faults" : "warnings");
            foreach (var fault in result.Loaded?.Warnings ?? result.Faults)
            {
                json.WriteStringValue(fault.ToString());
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>The newest requests with their decisions; <c>?limit=</c> up to 200, default 20.</summary>
    public async ValueTask DecisionsAsync(RequestContext context)
    {
        var limit = DefaultDecisions;
        if (context.Http.Request.Query["limit"] is [{ } text]
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MaxDecisions))
        {
            throw new ApiException(ApiError.BadRequest($"\"limit\" must be a number from 1 to {MaxDecisions}.", "limit", "invalid_value"));
        }

        using var arguments = JsonDocument.Parse(string.Create(CultureInfo.InvariantCulture, $"{{\"limit\":{limit}}}"));
        var rows = await tools.InvokeAsync("get_recent_requests", arguments.RootElement, context.Http.RequestAborted).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(context, ToolRegistry.IsError(rows) ? 500 : 200, json => rows.WriteTo(json)).ConfigureAwait(false);
    }
}
