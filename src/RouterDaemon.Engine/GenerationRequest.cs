namespace RouterDaemon.Engine;

/// <summary>
/// What to generate from. Exactly one of <see cref="MessagesJson"/>, <see cref="Prompt"/> and <see cref="PromptTokens"/> is set.
/// </summary>
public sealed record GenerationRequest
{
    /// <summary>The raw UTF-8 JSON array of OpenAI messages; content may be a string, an array of text parts, or null.</summary>
    public ReadOnlyMemory<byte> MessagesJson { get; init; }

    /// <summary>The raw UTF-8 JSON array of OpenAI tool definitions; empty = none.</summary>
    public ReadOnlyMemory<byte> ToolsJson { get; init; }

    /// <summary>The raw UTF-8 JSON of OpenAI's <c>tool_choice</c>: auto (default), none, required, or a named function.</summary>
    public ReadOnlyMemory<byte> ToolChoiceJson { get; init; }

    /// <summary>Several calls in one answer are allowed. Default true.</summary>
    public bool ParallelToolCalls { get; init; } = true;

    /// <summary>The raw UTF-8 JSON object of extra template variables (llama-server's <c>chat_template_kwargs</c>); empty = none.</summary>
    public ReadOnlyMemory<byte> TemplateArgumentsJson { get; init; }

    /// <summary>The raw UTF-8 JSON of OpenAI's <c>response_format</c>; empty = text. Excludes a grammar in <see cref="Sampling"/>.</summary>
    public ReadOnlyMemory<byte> ResponseFormatJson { get; init; }

    /// <summary>End the rendered messages with the opening of an assistant turn. Default true.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>Continue the last message, which must be the assistant's, instead of starting a new turn. Default false.</summary>
    public bool ContinueFinalMessage { get; init; }

    /// <summary>Text to complete as it stands: special tokens in it are recognised, the model's BOS is added.</summary>
    public string? Prompt { get; init; }

    /// <summary>
    /// Text behind the gap that the answer fills, with <see cref="Prompt"/> before it; special tokens in either are plain text then.
    /// null (default) = complete the prompt. Needs a vocabulary with infill tokens.
    /// </summary>
    public string? Suffix { get; init; }

    /// <summary>Token ids to complete as they stand; nothing is added.</summary>
    public ReadOnlyMemory<int> PromptTokens { get; init; }

    public SamplingOptions Sampling { get; init; } = SamplingOptions.Default;

    /// <summary>
    /// The LoRA adapters of this request; those that it does not name have scale 0. Empty (default) = all as configured. Requests with
    /// different scales are not computed together and share no prefix.
    /// </summary>
    public IReadOnlyList<AdapterScale> Adapters { get; init; } = [];

    /// <summary>Most tokens to generate. 0 (default) = until the context is full.</summary>
    public int MaxTokens { get; init; }

    /// <summary>The generation ends before the first of these; at most 16, none empty. They are never part of the text.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Report the log probability of every generated token.</summary>
    public bool LogProbs { get; init; }

    /// <summary>Alternatives to report for every token, 0 to 20; needs <see cref="LogProbs"/>.</summary>
    public int TopLogProbs { get; init; }

    /// <summary>Never end by an end-of-generation token.</summary>
    public bool IgnoreEos { get; init; }

    /// <summary>The prompt is the same, by reference: what else makes it cannot be told from the outside.</summary>
    internal bool HasPromptOf(GenerationRequest other) =>
        MessagesJson.Equals(other.MessagesJson) && ToolsJson.Equals(other.ToolsJson) && ToolChoiceJson.Equals(other.ToolChoiceJson)
        && ParallelToolCalls == other.ParallelToolCalls && TemplateArgumentsJson.Equals(other.TemplateArgumentsJson)
        && PromptTokens.Equals(other.PromptTokens) && ReferenceEquals(Prompt, other.Prompt) && ReferenceEquals(Suffix, other.Suffix)
        && AddGenerationPrompt == other.AddGenerationPrompt && ContinueFinalMessage == other.ContinueFinalMessage;

    /// <summary>Requests of one key share the slots fairly with those of other keys; null = one common key.</summary>
    public string? FairnessKey { get; init; }
}
