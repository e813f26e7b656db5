namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>Parameters and body of a macro or call block.</summary>
internal sealed record MacroDefinition(string Name, List<(string Name, JinjaExpression? Default)> Parameters, List<JinjaStatement> Body, int Line)
{
    public JinjaFunction Bind(JinjaScope defining, JinjaRun run) => arguments =>
    {
        JinjaScope scope = new(defining);
        for (int i = 0; i < Parameters.Count; i++)
        {
            (string name, JinjaExpression? fallback) = Parameters[i];
            object? value = i < arguments.Positional.Count ? arguments.Positional[i]
                : arguments.Named.TryGetValue(name, out object? named) ? named
                : fallback is null ? new Undefined(name) : fallback.Evaluate(scope, run);
            scope.Set(name, value);
        }
        scope.Set("caller", arguments.Named.TryGetValue("caller", out object? caller) ? caller : new Undefined("caller"));
        scope.Set("varargs", new JinjaList(arguments.Positional.Skip(Parameters.Count), true));
        run.Enter(Line);
        try
        {
            return run.Capture(() => JinjaStatement.ExecuteAll(Body, scope, run));
        }
        finally
        {
            run.Leave();
        }
    };
}
