namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class MacroStatement(MacroDefinition definition, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run)
    {
        scope.Set(definition.Name, definition.Bind(scope, run));
        return JinjaFlow.Next;
    }
}
