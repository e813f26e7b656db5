namespace RouterDaemon.Fleet.Found;

/// <summary>Where other programs keep the models that they downloaded.</summary>
internal static class ProgramFolders
{
    /// <summary>Folders to look into, of each program the one that its own variable names, else the usual ones. They need not exist.</summary>
    /// <param name="environment">Variables of this process.</param>
    /// <param name="userDirectory">The user's own folder.</param>
    public static IReadOnlyList<(FoundIn Program, string Folder)> Of(IReadOnlyDictionary<string, string> environment, string userDirectory)
    {
        string? Set(string variable) => environment.GetValueOrDefault(variable) is { Length: > 0 } folder && Path.IsPathRooted(folder) ? folder : null;
        string User(params ReadOnlySpan<string> steps) => Path.Combine([userDirectory, .. steps]);

        var cache = Set("XDG_CACHE_HOME") ?? User(".cache");
        var folders = new List<(FoundIn, string)>();
        if (Set("OLLAMA_MODELS") is { } ollama)
        {
            folders.Add((FoundIn.Ollama, ollama));
        }
        else
        {
            folders.Add((FoundIn.Ollama, User(".ollama", "models")));
            // Ollama's Linux service has a user of its own.
            folders.Add((FoundIn.Ollama, "/usr/share/ollama/.ollama/models"));
        }

        folders.Add((FoundIn.LmStudio, User(".lmstudio", "models")));
        folders.Add((FoundIn.LmStudio, User(".cache", "lm-studio", "models")));
        folders.Add((FoundIn.LlamaCpp, Set("LLAMA_CACHE") ?? (OperatingSystem.IsMacOS() ? User("Library", "Caches", "llama.cpp") : Path.Combine(cache, "llama.cpp"))));
        folders.Add((FoundIn.HuggingFace, Set("HF_HUB_CACHE") ?? Path.Combine(Set("HF_HOME") ?? Path.Combine(cache, "huggingface"), "hub")));
        return folders;
    }

    /// <summary>A program's name for people and for JSON.</summary>
    public static string Name(FoundIn program) => program switch
    {
        FoundIn.Ollama => "ollama",
        FoundIn.LmStudio => "lm-studio",
        FoundIn.LlamaCpp => "llama.cpp",
        FoundIn.HuggingFace => "hugging-face",
        _ => "file",
    };
}
