namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class NameExpression(string name, int line) : JinjaExpression(line)
{
    public string Name => name;

    protected override object? Compute(JinjaScope scope, JinjaRun run) => scope.Get(name);
}
