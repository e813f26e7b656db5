namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>A template that does not parse or cannot be rendered.</summary>
internal sealed class JinjaException : Exception
{
    public JinjaException(string message, int line = 0, bool raised = false) : base(line > 0 ? $"line {line}: {message}" : message)
    {
        RaisedByTemplate = raised;
        Plain = message;
    }

    /// <summary>The template itself refused the messages through <c>raise_exception</c>.</summary>
    public bool RaisedByTemplate { get; }

    /// <summary>The message without the line.</summary>
    public string Plain { get; }
}
