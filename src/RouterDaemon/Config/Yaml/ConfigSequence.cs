namespace RouterDaemon.Config.Yaml;

internal sealed class ConfigSequence(int line, int column, IReadOnlyList<ConfigNode> items) : ConfigNode(line, column)
{
    public IReadOnlyList<ConfigNode> Items { get; } = items;

    public override long ExpandedNodes { get; } = 1 + items.Sum(i => i.ExpandedNodes);

    public override int Height { get; } = 1 + items.Select(i => i.Height).DefaultIfEmpty(0).Max();

    public override string Kind => "a list";
}
