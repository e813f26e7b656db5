namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class IfStatement(List<(JinjaExpression? Condition, List<JinjaStatement> Body)> branches, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run)
    {
        foreach ((JinjaExpression? condition, List<JinjaStatement> body) in branches)
        {
            if (condition is null || JinjaValues.Truthy(condition.Evaluate(scope, run)))
                return ExecuteAll(body, scope, run);
        }
        return JinjaFlow.Next;
    }
}
