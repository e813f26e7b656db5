namespace RouterDaemon.Engine.Tools;

/// <summary>A piece of an answer that may hold tool calls.</summary>
/// <param name="Content">Text of the answer; empty when the piece belongs to a call.</param>
/// <param name="CallIndex">Which call it belongs to, from 0; -1 for content.</param>
/// <param name="Name">The function's name, set in the first piece of a call.</param>
/// <param name="Arguments">The next part of the call's arguments as JSON text.</param>
internal readonly record struct ToolDelta(string Content, int CallIndex, string? Name, string Arguments);
