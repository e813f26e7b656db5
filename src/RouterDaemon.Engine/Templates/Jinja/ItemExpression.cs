namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class ItemExpression(JinjaExpression target, JinjaExpression index, int line) : JinjaExpression(line)
{
    protected override object? Compute(JinjaScope scope, JinjaRun run) =>
        JinjaOperators.Item(target.Evaluate(scope, run), index.Evaluate(scope, run));
}
