namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class AttributeExpression(JinjaExpression target, string name, int line) : JinjaExpression(line)
{
    public JinjaExpression Target => target;

    public string Name => name;

    protected override object? Compute(JinjaScope scope, JinjaRun run) => JinjaOperators.Attribute(target.Evaluate(scope, run), name);
}
