namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>A chain such as <c>a &lt; b &lt;= c</c>.</summary>
internal sealed class CompareExpression(JinjaExpression first, List<(string Op, JinjaExpression Operand)> rest, int line) : JinjaExpression(line)
{
    protected override object? Compute(JinjaScope scope, JinjaRun run)
    {
        object? left = first.Evaluate(scope, run);
        foreach ((string op, JinjaExpression operand) in rest)
        {
            object? right = operand.Evaluate(scope, run);
            if (!Holds(op, left, right))
                return false;
            left = right;
        }
        return true;
    }

    private static bool Holds(string op, object? a, object? b) => op switch
    {
        "==" => JinjaValues.Equals(a, b),
        "!=" => !JinjaValues.Equals(a, b),
        "in" => JinjaValues.Contains(b, a),
        "not in" => !JinjaValues.Contains(b, a),
        "<" => JinjaValues.Compare(a, b) < 0,
        "<=" => JinjaValues.Compare(a, b) <= 0,
        ">" => JinjaValues.Compare(a, b) > 0,
        _ => JinjaValues.Compare(a, b) >= 0,
    };
}
