namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class ConditionalExpression(JinjaExpression condition, JinjaExpression then, JinjaExpression? otherwise, int line) : JinjaExpression(line)
{
    protected override object? Compute(JinjaScope scope, JinjaRun run) =>
        JinjaValues.Truthy(condition.Evaluate(scope, run))
            ? then.Evaluate(scope, run)
            : otherwise is null ? new Undefined("") : otherwise.Evaluate(scope, run);
}
