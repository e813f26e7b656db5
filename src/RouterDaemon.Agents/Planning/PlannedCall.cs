using System.Text.Json.Nodes;

namespace RouterDaemon.Agents.Planning;

/// <summary>One tool call of a plan.</summary>
public sealed record PlannedCall(string Tool, JsonObject Arguments);
