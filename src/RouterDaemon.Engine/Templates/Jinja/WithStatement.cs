namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class WithStatement(List<(JinjaExpression Target, JinjaExpression Value)> variables, List<JinjaStatement> body, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run)
    {
        JinjaScope inner = new(scope);
        foreach ((JinjaExpression target, JinjaExpression value) in variables)
            SetStatement.Assign(target, value.Evaluate(scope, run), inner, run);
        return ExecuteAll(body, inner, run);
    }
}
