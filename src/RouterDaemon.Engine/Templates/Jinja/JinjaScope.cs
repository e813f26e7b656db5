namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>Variables of a block; names not found are looked up outwards.</summary>
internal sealed class JinjaScope(JinjaScope? parent)
{
    private readonly Dictionary<string, object?> _values = new(StringComparer.Ordinal);

    public object? Get(string name)
    {
        for (JinjaScope? scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._values.TryGetValue(name, out object? value))
                return value;
        }
        return new Undefined(name);
    }

    public void Set(string name, object? value) => _values[name] = value;

    private JinjaScope? Outer { get; } = parent;
}
