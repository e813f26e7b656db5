namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class SliceExpression(JinjaExpression target, JinjaExpression? from, JinjaExpression? to, JinjaExpression? step, int line)
    : JinjaExpression(line)
{
    protected override object? Compute(JinjaScope scope, JinjaRun run) => JinjaOperators.Slice(
        target.Evaluate(scope, run), from?.Evaluate(scope, run), to?.Evaluate(scope, run), step?.Evaluate(scope, run));
}
