namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class OutputStatement(JinjaExpression expression, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run)
    {
        run.Write(JinjaValues.Str(expression.Evaluate(scope, run)), Line);
        return JinjaFlow.Next;
    }
}
