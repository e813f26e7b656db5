namespace RouterDaemon.Engine;

/// <summary>How a generation ended and what it cost.</summary>
/// <param name="Reason">Why it ended.</param>
/// <param name="CompletionTokens">Tokens generated, the ending one included when it was sampled.</param>
/// <param name="StopString">The stop string met, null unless <see cref="FinishReason.StopString"/>.</param>
/// <param name="QueueMs">Milliseconds from submission to a slot, load of the model included.</param>
/// <param name="PrefillMs">Milliseconds from slot to first token.</param>
/// <param name="DecodeMs">Milliseconds from first to last token.</param>
/// <param name="DraftTokens">Tokens that were guessed and checked.</param>
/// <param name="AcceptedDraftTokens">Guessed tokens that became part of the answer.</param>
public sealed record GenerationResult(
    FinishReason Reason,
    int CompletionTokens,
    string? StopString,
    double QueueMs,
    double PrefillMs,
    double DecodeMs,
    int DraftTokens = 0,
    int AcceptedDraftTokens = 0);
