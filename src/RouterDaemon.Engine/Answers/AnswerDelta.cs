namespace RouterDaemon.Engine.Answers;

/// <summary>A piece of an answer.</summary>
/// <param name="Kind">What it belongs to.</param>
/// <param name="Text">Its text; of a call, the next part of the arguments as JSON.</param>
/// <param name="CallIndex">Which call it belongs to, from 0; -1 unless it belongs to one.</param>
/// <param name="CallName">The function's name, set in the first piece of a call.</param>
public readonly record struct AnswerDelta(AnswerDeltaKind Kind, string Text, int CallIndex = -1, string? CallName = null);
