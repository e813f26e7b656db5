using RouterDaemon.Engine;

namespace RouterDaemon.Backends.OnDevice;

/// <summary>What one body asks the engine for.</summary>
internal sealed record GenerationPlan
{
    /// <summary>One for each choice of the answer: those of the first prompt, then those of the next.</summary>
    public required IReadOnlyList<GenerationRequest> Requests { get; init; }

    /// <summary>Choices of each prompt (<c>n</c>).</summary>
    public required int ChoicesPerPrompt { get; init; }

    /// <summary>Begin each choice with its prompt.</summary>
    public bool Echo { get; init; }
}
