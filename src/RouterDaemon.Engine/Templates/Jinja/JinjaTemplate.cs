namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>
/// A template of the Jinja subset that published chat templates use, interpreted in a sandbox: no attribute leads out of the values
/// given, and output, steps and depth are bounded. Syntax and meaning follow the Jinja 3 documentation with the settings of Hugging
/// Face's <c>apply_chat_template</c> (trim_blocks, lstrip_blocks, loop controls, immutable input).
/// </summary>
internal sealed class JinjaTemplate
{
    public const int MaxSourceChars = 1 << 20;

    private const int MaxRange = 100_000;

    private readonly List<JinjaStatement> _body;

    private JinjaTemplate(List<JinjaStatement> body) => _body = body;

    /// <exception cref="JinjaException">The template does not parse.</exception>
    public static JinjaTemplate Parse(string source) => source.Length <= MaxSourceChars
        ? new JinjaTemplate(JinjaParser.Parse(source))
        : throw new JinjaException($"the template has {source.Length} characters, the limit is {MaxSourceChars}");

    /// <summary>Renders with the variables given.</summary>
    /// <param name="variables">Values made of null, bool, long, double, string, <see cref="JinjaList"/> and <see cref="JinjaMap"/>.</param>
    /// <param name="now">What <c>strftime_now</c> shows.</param>
    /// <exception cref="JinjaException">The template raised an error, or cannot be rendered.</exception>
    public string Render(IEnumerable<KeyValuePair<string, object?>> variables, DateTimeOffset now)
    {
        JinjaRun run = new(now);
        JinjaScope globals = new(null);
        AddFunctions(globals, run);
        JinjaScope scope = new(globals);
        foreach ((string name, object? value) in variables)
            scope.Set(name, value);
        JinjaStatement.ExecuteAll(_body, scope, run);
        return run.Output.ToString();
    }

    private static void AddFunctions(JinjaScope globals, JinjaRun run)
    {
        globals.Set("range", (JinjaFunction)Range);
        globals.Set("dict", (JinjaFunction)(a => Merge(new JinjaMap(), a)));
        globals.Set("namespace", (JinjaFunction)(a => Merge(new JinjaMap { IsNamespace = true }, a)));
        globals.Set("raise_exception", (JinjaFunction)(a => throw new JinjaException(a.Text(0, "message"), 0, raised: true)));
        globals.Set("strftime_now", (JinjaFunction)(a => JinjaFormat.Date(a.Text(0, "format"), run.Now)));
    }

    private static JinjaMap Merge(JinjaMap map, JinjaArguments arguments)
    {
        if (arguments.Get(0, "\0") is JinjaMap first)
        {
            foreach ((object? key, object? value) in first.Items)
                map[key] = value;
        }
        foreach ((string key, object? value) in arguments.Named)
            map[key] = value;
        return map;
    }

    private static object Range(JinjaArguments arguments)
    {
        long first = JinjaOperators.Integer(arguments.Get(0, "start"));
        long from = arguments.Positional.Count > 1 ? first : 0;
        long to = arguments.Positional.Count > 1 ? JinjaOperators.Integer(arguments.Positional[1]) : first;
        long step = arguments.Positional.Count > 2 ? JinjaOperators.Integer(arguments.Positional[2]) : 1;
        if (step == 0)
            throw new JinjaException("range has the step 0");
        List<object?> items = [];
        for (long i = from; step > 0 ? i < to : i > to; i += step)
        {
            if (items.Count >= MaxRange)
                throw new JinjaException($"range is longer than {MaxRange}");
            items.Add(i);
        }
        return new JinjaList(items);
    }
}
