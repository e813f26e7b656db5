namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class UnaryExpression(string op, JinjaExpression operand, int line) : JinjaExpression(line)
{
    protected override object? Compute(JinjaScope scope, JinjaRun run)
    {
        object? value = operand.Evaluate(scope, run);
        return op switch
        {
            "not" => !JinjaValues.Truthy(value),
            "-" when value is long n => -n,
            "-" when value is double d => -d,
            "+" when value is long or double => value,
            _ => throw new JinjaException($"{op} cannot be applied to {JinjaValues.TypeName(value)}"),
        };
    }
}
