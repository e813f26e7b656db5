namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>Arguments as written.</summary>
internal sealed record JinjaCallArguments(List<JinjaExpression> Positional, List<(string Name, JinjaExpression Value)> Named)
{
    public static readonly JinjaCallArguments None = new([], []);

    public JinjaArguments Evaluate(JinjaScope scope, JinjaRun run) => new(
        [.. Positional.Select(p => p.Evaluate(scope, run))],
        Named.ToDictionary(n => n.Name, n => n.Value.Evaluate(scope, run), StringComparer.Ordinal));
}
