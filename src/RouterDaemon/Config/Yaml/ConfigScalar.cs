namespace RouterDaemon.Config.Yaml;

/// <summary>Text, with or without quotes.</summary>
internal sealed class ConfigScalar(int line, int column, string text, bool isPlain) : ConfigNode(line, column)
{
    /// <summary>As written, before <c>${VAR}</c> is replaced.</summary>
    public string Text { get; } = text;

    /// <summary>YAML's null: nothing, <c>~</c> or <c>null</c> without quotes. A key with it counts as not written.</summary>
    public bool IsNull => isPlain && (Text is "" or "~" or "null" or "Null" or "NULL");

    public override long ExpandedNodes => 1;

    public override int Height => 1;

    public override string Kind => IsNull ? "nothing" : "a single value";
}
