namespace RouterDaemon.Config.Import;

/// <summary>The providers of LiteLLM's <c>provider/model</c> names that have a counterpart here (docs.litellm.ai, providers).</summary>
internal static class LiteLlmProviders
{
    /// <summary>By prefix: kind, base URL (null = <c>api_base</c> must say it), variable that LiteLLM takes the key from.</summary>
    public static readonly IReadOnlyDictionary<string, (BackendKind Kind, Uri? Url, string? KeyVariable)> ByPrefix =
        new Dictionary<string, (BackendKind, Uri?, string?)>(StringComparer.Ordinal)
        {
            ["openai"] = (BackendKind.OpenAi, KnownProviders.OpenAi, "OPENAI_API_KEY"),
            ["text-completion-openai"] = (BackendKind.OpenAi, KnownProviders.OpenAi, "OPENAI_API_KEY"),
            ["anthropic"] = (BackendKind.Anthropic, KnownProviders.Anthropic, "ANTHROPIC_API_KEY"),
            ["ollama"] = (BackendKind.Ollama, KnownProviders.Ollama, null),
            ["ollama_chat"] = (BackendKind.Ollama, KnownProviders.Ollama, null),
            ["hosted_vllm"] = (BackendKind.OpenAi, null, "HOSTED_VLLM_API_KEY"),
            ["llamafile"] = (BackendKind.OpenAi, null, null),
            ["lm_studio"] = (BackendKind.OpenAi, null, "LM_STUDIO_API_KEY"),
            ["litellm_proxy"] = (BackendKind.OpenAi, null, "LITELLM_PROXY_API_KEY"),
            ["groq"] = Known("groq", "GROQ_API_KEY"),
            ["mistral"] = Known("mistral", "MISTRAL_API_KEY"),
            ["gemini"] = Known("gemini", "GEMINI_API_KEY"),
            ["deepseek"] = Known("deepseek", "DEEPSEEK_API_KEY"),
            ["together_ai"] = Known("together", "TOGETHERAI_API_KEY"),
            ["openrouter"] = Known("openrouter", "OPENROUTER_API_KEY"),
            ["fireworks_ai"] = Known("fireworks", "FIREWORKS_AI_API_KEY"),
            ["xai"] = Known("xai", "XAI_API_KEY"),
            ["cerebras"] = Known("cerebras", "CEREBRAS_API_KEY"),
            ["sambanova"] = Known("sambanova", "SAMBANOVA_API_KEY"),
            ["nvidia_nim"] = Known("nvidia", "NVIDIA_NIM_API_KEY"),
            ["deepinfra"] = Known("deepinfra", "DEEPINFRA_API_KEY"),
        };

    /// <summary>Provider and upstream name of a model; provider null when it cannot be told.</summary>
    public static (string? Provider, string Model) Split(string model, bool hasBase)
    {
        var slash = model.IndexOf('/');
        if (slash > 0)
        {
            return (model[..slash], model[(slash + 1)..]);
        }

        var provider = model.StartsWith("claude", StringComparison.Ordinal) ? "anthropic"
            : model.StartsWith("gpt-", StringComparison.Ordinal) || (model.Length > 1 && model[0] == 'o' && char.IsAsciiDigit(model[1])) || hasBase ? "openai"
            : null;
        return (provider, model);
    }

    private static (BackendKind Kind, Uri? Url, string? KeyVariable) Known(string id, string variable) => (KnownProviders.ById[id].Kind, KnownProviders.ById[id].Url, variable);
}
