namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class ConstantExpression(object? value, int line) : JinjaExpression(line)
{
    protected override object? Compute(JinjaScope scope, JinjaRun run) => value;
}
