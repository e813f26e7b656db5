namespace RouterDaemon.Engine.Answers;

/// <summary>How a model frames what it thinks before it answers, read off its chat template.</summary>
/// <param name="Open">Text before it.</param>
/// <param name="Close">Text behind it.</param>
internal sealed record ReasoningMarks(string Open, string Close)
{
    private static readonly ReasoningMarks[] Known =
    [
        new("<think>", "</think>"),
        new("[THINK]", "[/THINK]"),
        new("<seed:think>", "</seed:think>"),
    ];

    /// <summary>The marks that a template speaks of, null when it speaks of none.</summary>
    public static ReasoningMarks? Of(string? template) =>
        template is null ? null : Array.Find(Known, m => template.Contains(m.Open, StringComparison.Ordinal) || template.Contains(m.Close, StringComparison.Ordinal));

    /// <summary>Whether a prompt ends inside reasoning, so that the answer goes on with it.</summary>
    public bool IsOpen(string prompt) => prompt.AsSpan().TrimEnd().EndsWith(Open, StringComparison.Ordinal);
}
