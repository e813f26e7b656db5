namespace RouterDaemon.Relay.Translation.Ollama;

/// <summary>Which of Ollama's endpoints is called.</summary>
internal enum OllamaCall : byte
{
    /// <summary><c>/api/chat</c>.</summary>
    Chat,

    /// <summary><c>/api/generate</c>.</summary>
    Generate,

    /// <summary><c>/api/embed</c>.</summary>
    Embed,
}
