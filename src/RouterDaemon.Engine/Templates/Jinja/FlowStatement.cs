namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class FlowStatement(JinjaFlow flow, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run) => flow;
}
