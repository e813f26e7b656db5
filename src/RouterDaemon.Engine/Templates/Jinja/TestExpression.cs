namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class TestExpression(JinjaExpression target, string name, JinjaCallArguments arguments, bool negated, int line) : JinjaExpression(line)
{
    private readonly JinjaTest _test = JinjaTests.Find(name) ?? throw new JinjaException($"there is no test {name}", line);

    protected override object? Compute(JinjaScope scope, JinjaRun run) => _test(target.Evaluate(scope, run), arguments.Evaluate(scope, run)) != negated;
}
