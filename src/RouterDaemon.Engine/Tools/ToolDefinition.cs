using System.Text.Json;

namespace RouterDaemon.Engine.Tools;

/// <summary>One tool of a request.</summary>
/// <param name="Name">The function's name.</param>
/// <param name="Description">What it does; null = not said.</param>
/// <param name="Parameters">JSON Schema of its arguments; undefined = it takes none.</param>
internal sealed record ToolDefinition(string Name, string? Description, JsonElement Parameters);
