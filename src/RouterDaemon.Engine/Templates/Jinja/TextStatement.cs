namespace RouterDaemon.Engine.Templates.Jinja;

internal sealed class TextStatement(string text, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run)
    {
        run.Write(text, Line);
        return JinjaFlow.Next;
    }
}
