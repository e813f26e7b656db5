namespace RouterDaemon.Config.Yaml;

internal sealed class ConfigMapping(int line, int column, IReadOnlyList<KeyValuePair<ConfigScalar, ConfigNode>> entries) : ConfigNode(line, column)
{
    /// <summary>In the order of the file; each key once.</summary>
    public IReadOnlyList<KeyValuePair<ConfigScalar, ConfigNode>> Entries { get; } = entries;

    public override long ExpandedNodes { get; } = 1 + entries.Sum(e => 1 + e.Value.ExpandedNodes);

    public override int Height { get; } = 1 + entries.Select(e => e.Value.Height).DefaultIfEmpty(0).Max();

    public override string Kind => "a mapping";
}
