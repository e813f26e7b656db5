namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>An expression of the syntax tree.</summary>
internal abstract class JinjaExpression(int line)
{
    public int Line { get; } = line;

    public object? Evaluate(JinjaScope scope, JinjaRun run)
    {
        run.Step(Line);
        try
        {
            return Compute(scope, run);
        }
        catch (JinjaException e) when (!e.Message.StartsWith("line ", StringComparison.Ordinal))
        {
            throw new JinjaException(e.Message, Line, e.RaisedByTemplate);
        }
    }

    protected abstract object? Compute(JinjaScope scope, JinjaRun run);
}
