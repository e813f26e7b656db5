namespace RouterDaemon.Config.Yaml;

/// <summary>A YAML value with its place. An alias is the very node it names.</summary>
/// <param name="line">From 1.</param>
/// <param name="column">From 1.</param>
internal abstract class ConfigNode(int line, int column)
{
    public int Line { get; } = line;

    public int Column { get; } = column;

    /// <summary>Nodes in this tree, itself included, with what aliases stand for counted each time.</summary>
    public abstract long ExpandedNodes { get; }

    /// <summary>Levels of this tree; 1 for a scalar.</summary>
    public abstract int Height { get; }

    /// <summary>What it is, for an error message.</summary>
    public abstract string Kind { get; }
}
