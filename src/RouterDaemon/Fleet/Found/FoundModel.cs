using RouterDaemon.Engine.Gguf;

namespace RouterDaemon.Fleet.Found;

/// <summary>A file of another program, looked at.</summary>
/// <param name="File">The file.</param>
/// <param name="SizeBytes">Size, of all parts when the model is split; 0 = the file is missing.</param>
/// <param name="Header">Its header; null = it cannot be read.</param>
/// <param name="Problem">Why it cannot be served; null = it can.</param>
/// <param name="LinkedAs">Name of the file in the models folder that leads to it; null = none does.</param>
internal sealed record FoundModel(FoundFile File, long SizeBytes, GgufHeader? Header, string? Problem, string? LinkedAs)
{
    /// <summary>Further names that programs have for the same file, such as Ollama's tag <c>latest</c>.</summary>
    public IReadOnlyList<string> OtherNamesThere { get; init; } = [];
}
