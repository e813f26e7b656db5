namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary><c>{% set x %}...{% endset %}</c> and <c>{% filter f %}...{% endfilter %}</c>: a body whose output is filtered.</summary>
internal sealed class CaptureStatement(JinjaExpression? target, List<FilterExpression> filters, List<JinjaStatement> body, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run)
    {
        object? value = run.Capture(() => ExecuteAll(body, new JinjaScope(scope), run));
        foreach (FilterExpression filter in filters)
            value = filter.Apply(value, scope, run);
        if (target is null)
            run.Write(JinjaValues.Str(value), Line);
        else
            SetStatement.Assign(target, value, scope, run);
        return JinjaFlow.Next;
    }
}
