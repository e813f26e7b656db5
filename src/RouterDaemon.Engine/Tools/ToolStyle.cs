namespace RouterDaemon.Engine.Tools;

/// <summary>How a model writes tool calls, read off its chat template.</summary>
internal enum ToolStyle
{
    /// <summary>The template does not speak of tools.</summary>
    None,

    /// <summary>Hermes and Qwen: each call between <c>&lt;tool_call&gt;</c> tags, as <c>{"name", "arguments"}</c>.</summary>
    Hermes,

    /// <summary>Mistral: <c>[TOOL_CALLS]</c> and an array of <c>{"name", "arguments"}</c>.</summary>
    Mistral,

    /// <summary>Llama 3.1 and later: the answer is one <c>{"name", "parameters"}</c>.</summary>
    Llama3,
}
