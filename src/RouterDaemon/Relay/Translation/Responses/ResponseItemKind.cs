namespace RouterDaemon.Relay.Translation.Responses;

/// <summary>What an item of a response's output is.</summary>
internal enum ResponseItemKind : byte
{
    /// <summary>A message with one text.</summary>
    Message,

    /// <summary>A message with one refusal.</summary>
    Refusal,

    /// <summary>Reasoning, shown as its summary.</summary>
    Reasoning,

    /// <summary>A call of a function.</summary>
    Call,
}
