namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class CallStatement(CallExpression call, MacroDefinition body, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run)
    {
        run.Write(JinjaValues.Str(call.Call(scope, run, body.Bind(scope, run))), Line);
        return JinjaFlow.Next;
    }
}
