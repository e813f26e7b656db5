namespace RouterDaemon.Engine.Tools;

/// <summary>How a model writes tool calls, read off its chat template.</summary>
internal enum ToolStyle
{
    /// <summary>There is no chat template, so there are no messages that could speak of tools.</summary>
    None,

    /// <summary>Hermes and Qwen: each call between <c>&lt;tool_call&gt;</c> tags, as <c>{"name", "arguments"}</c>.</summary>
    Hermes,

    /// <summary>Mistral: <c>[TOOL_CALLS]</c> and an array of <c>{"name", "arguments"}</c>.</summary>
    Mistral,

    /// <summary>Llama 3.1 and later: the answer is one <c>{"name", "parameters"}</c>.</summary>
    Llama3,

    /// <summary>
    /// The template knows no tools, or in a form that is not known here: <see cref="GenericTools"/> describes them to the model, and
    /// the answer is free text or one <c>{"tool_calls": [{"name", "arguments"}]}</c>.
    /// </summary>
    Generic,
}
