using RouterDaemon.Engine.Tools;

namespace RouterDaemon.Engine.Answers;

/// <summary>What an answer may hold beside content, which is all that a reader of it must know.</summary>
/// <param name="Reasoning">How the model frames its reasoning, null = it has none here.</param>
/// <param name="InReasoning">The prompt has opened it.</param>
/// <param name="Calls">How it writes tool calls, <see cref="ToolStyle.None"/> = it makes none.</param>
internal sealed record AnswerShape(ReasoningMarks? Reasoning, bool InReasoning, ToolStyle Calls)
{
    /// <summary>Null when all of the answer is content.</summary>
    public AnswerReader? CreateReader() => Reasoning is null && Calls == ToolStyle.None
        ? null
        : new AnswerReader(Reasoning is null ? null : new ReasoningReader(Reasoning, InReasoning), Calls == ToolStyle.None ? null : new ToolCallReader(Calls));
}
