using System.Text;

namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>One rendering: its output and what it may still spend. Templates come from model files, so they are not trusted.</summary>
internal sealed class JinjaRun(DateTimeOffset now)
{
    public const int MaxOutputChars = 32 << 20;
    public const int MaxSteps = 2_000_000;
    public const int MaxDepth = 200;
    public const int MaxItems = 1_000_000;

    private int _steps;
    private int _depth;

    public StringBuilder Output { get; set; } = new();

    public DateTimeOffset Now { get; } = now;

    public void Step(int line)
    {
        if (++_steps > MaxSteps)
            throw new JinjaException($"the template needs more than {MaxSteps} steps", line);
    }

    public void Write(string text, int line)
    {
        if (Output.Length + text.Length > MaxOutputChars)
            throw new JinjaException($"the template writes more than {MaxOutputChars} characters", line);
        Output.Append(text);
    }

    public void Enter(int line)
    {
        if (++_depth > MaxDepth)
            throw new JinjaException($"the template nests calls deeper than {MaxDepth}", line);
    }

    public void Leave() => _depth--;

    /// <summary>Runs something with its output kept apart, and returns that output.</summary>
    public string Capture(Action body)
    {
        StringBuilder outer = Output;
        Output = new StringBuilder();
        try
        {
            body();
            return Output.ToString();
        }
        finally
        {
            Output = outer;
        }
    }
}
