using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config.Import;

/// <summary>Collects what became of each setting.</summary>
internal sealed class ImportReport
{
    private readonly List<ImportLine> _lines = [];

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<ImportLine> Lines => [.. _lines.OrderBy(l => l.Line)];

    public void Exact(ConfigNode at, string path, string note) => Add(ImportLevel.Exact, at, path, note);

    public void Approximate(ConfigNode at, string path, string note) => Add(ImportLevel.Approximate, at, path, note);

    public void Unsupported(ConfigNode at, string path, string note) => Add(ImportLevel.Unsupported, at, path, note);

    public void Add(ImportLevel level, ConfigNode at, string path, string note) => _lines.Add(new ImportLine(level, at.Line, path, note));
}
