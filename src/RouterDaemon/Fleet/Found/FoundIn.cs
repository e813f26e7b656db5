namespace RouterDaemon.Fleet.Found;

/// <summary>Whose folder a model was found in.</summary>
internal enum FoundIn : byte
{
    Ollama,
    LmStudio,
    LlamaCpp,

    /// <summary>The cache of Hugging Face's own tools, which newer versions of llama.cpp use too.</summary>
    HuggingFace,

    /// <summary>Nobody's: the user named the file.</summary>
    Named,
}
