namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class ListExpression(List<JinjaExpression> items, bool isTuple, int line) : JinjaExpression(line)
{
    public List<JinjaExpression> Items => items;

    protected override object? Compute(JinjaScope scope, JinjaRun run) =>
        new JinjaList(items.Select(i => i.Evaluate(scope, run)).ToArray(), isTuple);
}
