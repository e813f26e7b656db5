namespace RouterDaemon.Config;

/// <summary>Base URLs of well-known providers, for <c>EXTERNAL_NAME_KEY</c> without <c>EXTERNAL_NAME_BASE_URL</c>. As of 2026-11.</summary>
internal static class KnownProviders
{
    public static readonly Uri OpenAi = new("https://api.openai.com/v1");

    public static readonly Uri Anthropic = new("https://api.anthropic.com");

    public static readonly Uri Ollama = new("http://127.0.0.1:11434");

    /// <summary>By id of the backend, which is the variable's NAME in lower case with <c>-</c> for <c>_</c>.</summary>
    public static readonly IReadOnlyDictionary<string, (BackendKind Kind, Uri Url)> ById = new Dictionary<string, (BackendKind, Uri)>(StringComparer.Ordinal)
    {
        ["openai"] = (BackendKind.OpenAi, OpenAi),
        ["anthropic"] = (BackendKind.Anthropic, Anthropic),
        ["cerebras"] = (BackendKind.OpenAi, new("https://api.cerebras.ai/v1")),
        ["cohere"] = (BackendKind.OpenAi, new("https://api.cohere.ai/compatibility/v1")),
        ["deepinfra"] = (BackendKind.OpenAi, new("https://api.deepinfra.com/v1/openai")),
        ["deepseek"] = (BackendKind.OpenAi, new("https://api.deepseek.com/v1")),
        ["fireworks"] = (BackendKind.OpenAi, new("https://api.fireworks.ai/inference/v1")),
        ["gemini"] = (BackendKind.OpenAi, new("https://generativelanguage.googleapis.com/v1beta/openai")),
        ["google"] = (BackendKind.OpenAi, new("https://generativelanguage.googleapis.com/v1beta/openai")),
        ["groq"] = (BackendKind.OpenAi, new("https://api.groq.com/openai/v1")),
        ["huggingface"] = (BackendKind.OpenAi, new("https://router.huggingface.co/v1")),
        ["mistral"] = (BackendKind.OpenAi, new("https://api.mistral.ai/v1")),
        ["nvidia"] = (BackendKind.OpenAi, new("https://integrate.api.nvidia.com/v1")),
        ["openrouter"] = (BackendKind.OpenAi, new("https://openrouter.ai/api/v1")),
        ["sambanova"] = (BackendKind.OpenAi, new("https://api.sambanova.ai/v1")),
        ["together"] = (BackendKind.OpenAi, new("https://api.together.xyz/v1")),
        ["venice"] = (BackendKind.OpenAi, new("https://api.venice.ai/api/v1")),
        ["xai"] = (BackendKind.OpenAi, new("https://api.x.ai/v1")),
    };

    /// <summary>Where a kind lives when nothing else is said; null = it must be said.</summary>
    public static Uri? DefaultUrl(BackendKind kind) => kind switch
    {
        BackendKind.OpenAi => OpenAi,
        BackendKind.Anthropic => Anthropic,
        BackendKind.Ollama => Ollama,
        _ => null,
    };
}
