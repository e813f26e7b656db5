namespace RouterDaemon.Relay.Translation;

/// <summary>A tool call, or a piece of one.</summary>
/// <param name="Index">Its number in the answer; pieces of one call share it.</param>
/// <param name="Id">Its id; null in later pieces.</param>
/// <param name="Name">The function's name; null in later pieces.</param>
/// <param name="Arguments">JSON text, or a piece of it.</param>
internal readonly record struct ChatToolCall(int Index, string? Id, string? Name, string Arguments);
