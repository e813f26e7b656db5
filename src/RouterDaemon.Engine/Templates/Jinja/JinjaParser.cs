namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>Parses the statements of a template.</summary>
internal sealed class JinjaParser
{
    private const int MaxDepth = 100;

    private readonly JinjaExpressionParser _in;
    private int _depth;

    private JinjaParser(List<JinjaToken> tokens) => _in = new JinjaExpressionParser(tokens);

    /// <exception cref="JinjaException">The template does not parse, or uses something outside of the supported subset.</exception>
    public static List<JinjaStatement> Parse(string source)
    {
        JinjaParser parser = new(JinjaLexer.Tokenize(source));
        List<JinjaStatement> body = parser.ParseBody();
        JinjaToken rest = parser._in.Current;
        return rest.Kind == JinjaTokenKind.End ? body : throw new JinjaException($"unexpected {{% {rest.Value} %}}", rest.Line);
    }

    /// <summary>Statements up to a block that starts with one of the names, which is left with its name as the current token.</summary>
    private List<JinjaStatement> ParseBody(params string[] until)
    {
        if (++_depth > MaxDepth)
            throw new JinjaException($"blocks nest deeper than {MaxDepth}", _in.Current.Line);
        List<JinjaStatement> body = [];
        while (true)
        {
            JinjaToken token = _in.Current;
            if (token.Kind == JinjaTokenKind.End)
            {
                _depth--;
                return until.Length == 0 ? body : throw new JinjaException($"{{% {until[^1]} %}} is missing", token.Line);
            }
            _in.Next();
            if (token.Kind == JinjaTokenKind.Text)
            {
                body.Add(new TextStatement(token.Value, token.Line));
            }
            else if (token.Kind == JinjaTokenKind.OutputBegin)
            {
                body.Add(new OutputStatement(_in.ParseTuple(), token.Line));
                ExpectKind(JinjaTokenKind.OutputEnd);
            }
            else if (until.Contains(_in.Current.Value) || (until.Length == 0 && _in.Current.Value.StartsWith("end", StringComparison.Ordinal)))
            {
                _depth--;
                return body;
            }
            else
            {
                body.Add(ParseBlock());
            }
        }
    }

    private JinjaStatement ParseBlock()
    {
        int line = _in.Current.Line;
        string name = _in.ExpectName();
        switch (name)
        {
            case "if": return ParseIf(line);
            case "for": return ParseFor(line);
            case "set": return ParseSet(line);
            case "macro": return ParseMacro(line);
            case "call": return ParseCall(line);
            case "filter": return ParseFilterBlock(line);
            case "with": return ParseWith(line);
            case "break": return EndOf(new FlowStatement(JinjaFlow.Break, line));
            case "continue": return EndOf(new FlowStatement(JinjaFlow.Continue, line));
            case "generation":
                // Marks assistant text for training; rendering ignores it.
                ExpectKind(JinjaTokenKind.BlockEnd);
                List<JinjaStatement> body = ParseBody("endgeneration");
                EndBlock("endgeneration");
                return new IfStatement([(null, body)], line);
            default:
                throw new JinjaException($"{{% {name} %}} is not supported", line);
        }
    }

    private IfStatement ParseIf(int line)
    {
        List<(JinjaExpression?, List<JinjaStatement>)> branches = [];
        JinjaExpression? condition = _in.ParseTuple();
        while (true)
        {
            ExpectKind(JinjaTokenKind.BlockEnd);
            branches.Add((condition, condition is null ? ParseBody("endif") : ParseBody("elif", "else", "endif")));
            string next = _in.ExpectName();
            if (next == "endif")
            {
                ExpectKind(JinjaTokenKind.BlockEnd);
                return new IfStatement(branches, line);
            }
            condition = next == "elif" ? _in.ParseTuple() : null;
        }
    }

    private ForStatement ParseFor(int line)
    {
        JinjaExpression target = _in.ParseTarget();
        if (!_in.SkipName("in"))
            throw new JinjaException("'in' expected", line);
        JinjaExpression source = _in.ParseTuple(withCondition: false);
        JinjaExpression? filter = _in.SkipName("if") ? _in.Parse() : null;
        bool recursive = _in.SkipName("recursive");
        ExpectKind(JinjaTokenKind.BlockEnd);
        List<JinjaStatement> body = ParseBody("else", "endfor");
        List<JinjaStatement> otherwise = [];
        if (_in.ExpectName() == "else")
        {
            ExpectKind(JinjaTokenKind.BlockEnd);
            otherwise = ParseBody("endfor");
            _in.ExpectName();
        }
        ExpectKind(JinjaTokenKind.BlockEnd);
        return new ForStatement(target, source, filter, recursive, body, otherwise, line);
    }

    private JinjaStatement ParseSet(int line)
    {
        JinjaExpression target = _in.ParseTarget();
        if (_in.Skip("="))
            return EndOf(new SetStatement(target, _in.ParseTuple(), line));
        List<FilterExpression> filters = ParseFilters();
        ExpectKind(JinjaTokenKind.BlockEnd);
        List<JinjaStatement> body = ParseBody("endset");
        EndBlock("endset");
        return new CaptureStatement(target, filters, body, line);
    }

    private CaptureStatement ParseFilterBlock(int line)
    {
        List<FilterExpression> filters = [_in.ParseFilter(new ConstantExpression("", line)), .. ParseFilters()];
        ExpectKind(JinjaTokenKind.BlockEnd);
        List<JinjaStatement> body = ParseBody("endfilter");
        EndBlock("endfilter");
        return new CaptureStatement(null, filters, body, line);
    }

    private List<FilterExpression> ParseFilters()
    {
        List<FilterExpression> filters = [];
        while (_in.Skip("|"))
            filters.Add(_in.ParseFilter(new ConstantExpression("", _in.Current.Line)));
        return filters;
    }

    private WithStatement ParseWith(int line)
    {
        List<(JinjaExpression, JinjaExpression)> variables = [];
        while (_in.Current.Kind != JinjaTokenKind.BlockEnd)
        {
            if (variables.Count > 0)
                _in.Expect(",");
            int at = _in.Current.Line;
            JinjaExpression target = new NameExpression(_in.ExpectName(), at);
            _in.Expect("=");
            variables.Add((target, _in.Parse()));
        }
        ExpectKind(JinjaTokenKind.BlockEnd);
        List<JinjaStatement> body = ParseBody("endwith");
        EndBlock("endwith");
        return new WithStatement(variables, body, line);
    }

    private MacroStatement ParseMacro(int line)
    {
        string name = _in.ExpectName();
        List<(string, JinjaExpression?)> parameters = ParseParameters();
        ExpectKind(JinjaTokenKind.BlockEnd);
        List<JinjaStatement> body = ParseBody("endmacro");
        EndBlock("endmacro");
        return new MacroStatement(new MacroDefinition(name, parameters, body, line), line);
    }

    private CallStatement ParseCall(int line)
    {
        List<(string, JinjaExpression?)> parameters = _in.Current.Is("(") ? ParseParameters() : [];
        if (_in.Parse() is not CallExpression call)
            throw new JinjaException("{% call %} needs a call", line);
        ExpectKind(JinjaTokenKind.BlockEnd);
        List<JinjaStatement> body = ParseBody("endcall");
        EndBlock("endcall");
        return new CallStatement(call, new MacroDefinition("caller", parameters, body, line), line);
    }

    private List<(string, JinjaExpression?)> ParseParameters()
    {
        List<(string, JinjaExpression?)> parameters = [];
        _in.Expect("(");
        while (!_in.Skip(")"))
        {
            if (parameters.Count > 0)
                _in.Expect(",");
            string name = _in.ExpectName();
            parameters.Add((name, _in.Skip("=") ? _in.Parse() : null));
        }
        return parameters;
    }

    private JinjaStatement EndOf(JinjaStatement statement)
    {
        ExpectKind(JinjaTokenKind.BlockEnd);
        return statement;
    }

    private void EndBlock(string name)
    {
        JinjaToken token = _in.Next();
        if (!token.IsName(name))
            throw new JinjaException($"{{% {name} %}} expected, found {JinjaExpressionParser.Describe(token)}", token.Line);
        // Jinja allows the name of the block to be repeated.
        if (_in.Current.Kind == JinjaTokenKind.Name)
            _in.Next();
        ExpectKind(JinjaTokenKind.BlockEnd);
    }

    private void ExpectKind(JinjaTokenKind kind)
    {
        JinjaToken token = _in.Next();
        if (token.Kind != kind)
            throw new JinjaException($"{JinjaExpressionParser.Describe(new JinjaToken(kind, "", 0))} expected, found {JinjaExpressionParser.Describe(token)}", token.Line);
    }
}
