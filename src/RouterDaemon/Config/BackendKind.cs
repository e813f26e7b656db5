namespace RouterDaemon.Config;

/// <summary>What protocol a backend speaks.</summary>
internal enum BackendKind : byte
{
    LlmD,
    OpenAi,
    Anthropic,
    Ollama,
    Routerd,
}
