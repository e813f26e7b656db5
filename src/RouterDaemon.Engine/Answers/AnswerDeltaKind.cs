namespace RouterDaemon.Engine.Answers;

/// <summary>What a piece of an answer belongs to.</summary>
public enum AnswerDeltaKind
{
    /// <summary>Text of the answer.</summary>
    Content,

    /// <summary>What the model thought before it answered.</summary>
    Reasoning,

    /// <summary>A tool call.</summary>
    Call,
}
