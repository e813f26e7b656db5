namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>A statement of the syntax tree.</summary>
internal abstract class JinjaStatement(int line)
{
    public int Line { get; } = line;

    public abstract JinjaFlow Execute(JinjaScope scope, JinjaRun run);

    public static JinjaFlow ExecuteAll(List<JinjaStatement> body, JinjaScope scope, JinjaRun run)
    {
        foreach (JinjaStatement statement in body)
        {
            run.Step(statement.Line);
            JinjaFlow flow = statement.Execute(scope, run);
            if (flow != JinjaFlow.Next)
                return flow;
        }
        return JinjaFlow.Next;
    }
}
