namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class FilterExpression(JinjaExpression target, string name, JinjaCallArguments arguments, int line) : JinjaExpression(line)
{
    private readonly JinjaFilter _filter = JinjaFilters.Find(name) ?? throw new JinjaException($"there is no filter {name}", line);

    public object? Apply(object? value, JinjaScope scope, JinjaRun run) => _filter(value, arguments.Evaluate(scope, run), run);

    protected override object? Compute(JinjaScope scope, JinjaRun run) => Apply(target.Evaluate(scope, run), scope, run);
}
