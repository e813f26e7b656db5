namespace RouterDaemon.Relay.Translation.Anthropic;

/// <summary>
/// Tokens of thinking that stand for OpenAI's efforts. Neither API defines the other's measure: the steps are ours, from Anthropic's
/// smallest budget (1,024) in factors of four.
/// </summary>
internal static class ThinkingBudget
{
    /// <summary>Effort <c>low</c> or <c>minimal</c>; also Anthropic's smallest budget.</summary>
    public const int Low = 1024;

    /// <summary>Effort <c>medium</c>.</summary>
    public const int Medium = 4096;

    /// <summary>Effort <c>high</c> and above.</summary>
    public const int High = 16384;
}
