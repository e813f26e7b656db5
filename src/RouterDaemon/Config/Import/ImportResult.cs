using System.Text.Json.Nodes;

namespace RouterDaemon.Config.Import;

/// <summary>Outcome of an import.</summary>
internal sealed record ImportResult
{
    /// <summary>The keys of <c>routerd.yaml</c>; null when the file could not be read at all.</summary>
    public JsonObject? Config { get; init; }

    public IReadOnlyList<ImportLine> Report { get; init; } = [];

    /// <summary>Why the file could not be read.</summary>
    public IReadOnlyList<ConfigFault> Faults { get; init; } = [];
}
