using System.Text.Json.Nodes;

namespace RouterDaemon.Agents.Tools;

/// <summary>One parameter of a tool; all of them are JSON scalars except <c>params</c> of run_sql.</summary>
/// <param name="Name">As in the call.</param>
/// <param name="Type">JSON Schema type: <c>string</c>, <c>integer</c> or <c>array</c>.</param>
/// <param name="Description">For the model.</param>
public sealed record ToolParameter(string Name, string Type, string Description)
{
    /// <summary>True when a call without it is an error.</summary>
    public bool Required { get; init; }

    /// <summary>Allowed values; null = any.</summary>
    public string[]? Values { get; init; }

    /// <summary>What an absent value means; null = no value.</summary>
    public string? Default { get; init; }

    /// <summary>Smallest integer.</summary>
    public int? Minimum { get; init; }

    /// <summary>Largest integer.</summary>
    public int? Maximum { get; init; }

    internal JsonObject ToSchema()
    {
        var schema = new JsonObject { ["type"] = Type, ["description"] = Description };
        if (Values is not null)
        {
            schema["enum"] = new JsonArray([.. Values.Select(v => (JsonNode)v)]);
        }

        if (Default is not null)
        {
            schema["default"] = Type == "integer" ? int.Parse(Default) : Default;
        }

        if (Minimum is { } minimum)
        {
            schema["minimum"] = minimum;
        }

        if (Maximum is { } maximum)
        {
            schema["maximum"] = maximum;
        }

        if (Type == "array")
        {
            schema["items"] = new JsonObject { ["type"] = new JsonArray("string", "number", "boolean", "null") };
        }

        return schema;
    }
}
