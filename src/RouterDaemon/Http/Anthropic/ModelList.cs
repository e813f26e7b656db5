using System.Globalization;
using System.Text.Json;
using RouterDaemon.Fleet;

namespace RouterDaemon.Http.Anthropic;

/// <summary><c>GET /v1/models</c> as Anthropic's clients read it: they share the path with OpenAI's and send <c>anthropic-version</c>.</summary>
internal static class ModelList
{
    /// <summary>True for a request of an Anthropic client.</summary>
    public static bool IsAsked(RequestContext context) => context.Http.Request.Headers.ContainsKey("anthropic-version");

    /// <summary>All names, on one page.</summary>
    public static ValueTask WriteAsync(RequestContext context, FleetState state, long createdUnixSeconds) => JsonAnswer.WriteAsync(context, 200, json =>
    {
        var names = new List<string>();
        foreach (var model in state.Config.VirtualModels)
        {
            names.Add(model.Id);
        }

        foreach (var deployment in state.Snapshot.Deployments)
        {
            if (!names.Contains(deployment.ModelId))
            {
                names.Add(deployment.ModelId);
            }
        }

        if (context.Key is { } key)
        {
            names.RemoveAll(name => !key.Limits.Allows(name, state));
        }

        json.WriteStartObject();
        json.WriteStartArray("data");
        foreach (var name in names)
        {
            WriteModel(json, name, createdUnixSeconds);
        }

        json.WriteEndArray();
        json.WriteBoolean("has_more", false);
        json.WriteString("first_id", names.Count > 0 ? names[0] : null);
        json.WriteString("last_id", names.Count > 0 ? names[^1] : null);
        json.WriteEndObject();
    });

    /// <summary>One name.</summary>
    public static ValueTask WriteOneAsync(RequestContext context, string name, long createdUnixSeconds) =>
        JsonAnswer.WriteAsync(context, 200, json => WriteModel(json, name, createdUnixSeconds));

    private static void WriteModel(Utf8JsonWriter json, string name, long createdUnixSeconds)
    {
        json.WriteStartObject();
        json.WriteString("type", "model");
        json.WriteString("id", name);
        json.WriteString("display_name", name);
        json.WriteString("created_at", DateTimeOffset.FromUnixTimeSeconds(createdUnixSeconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }
}
