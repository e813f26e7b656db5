namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class MapExpression(List<(JinjaExpression Key, JinjaExpression Value)> items, int line) : JinjaExpression(line)
{
    protected override object? Compute(JinjaScope scope, JinjaRun run)
    {
        JinjaMap map = new();
        foreach ((JinjaExpression key, JinjaExpression value) in items)
            map[JinjaOperators.Key(key.Evaluate(scope, run))] = value.Evaluate(scope, run);
        return map;
    }
}
