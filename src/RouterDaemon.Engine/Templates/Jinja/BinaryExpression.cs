namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class BinaryExpression(string op, JinjaExpression left, JinjaExpression right, int line) : JinjaExpression(line)
{
    protected override object? Compute(JinjaScope scope, JinjaRun run)
    {
        object? a = left.Evaluate(scope, run);
        return op switch
        {
            "and" => JinjaValues.Truthy(a) ? right.Evaluate(scope, run) : a,
            "or" => JinjaValues.Truthy(a) ? a : right.Evaluate(scope, run),
            _ => JinjaOperators.Binary(op, a, right.Evaluate(scope, run)),
        };
    }
}
