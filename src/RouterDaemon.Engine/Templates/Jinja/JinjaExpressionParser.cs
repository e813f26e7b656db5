using System.Globalization;
using System.Text;

namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>Parses expressions by recursive descent, with Jinja's precedence.</summary>
internal sealed class JinjaExpressionParser(List<JinjaToken> tokens)
{
    private const int MaxDepth = 150;

    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    private int _depth;

    public int Position { get; set; }

    public JinjaToken Current => tokens[Position];

    public JinjaToken Next() => tokens[Position++];

    public bool Skip(string op)
    {
        if (!Current.Is(op))
            return false;
        Position++;
        return true;
    }

    public bool SkipName(string name)
    {
        if (!Current.IsName(name))
            return false;
        Position++;
        return true;
    }

    public void Expect(string op)
    {
        if (!Skip(op))
            throw new JinjaException($"'{op}' expected, found {Describe(Current)}", Current.Line);
    }

    public string ExpectName()
    {
        JinjaToken token = Next();
        return token.Kind == JinjaTokenKind.Name ? token.Value : throw new JinjaException($"a name expected, found {Describe(token)}", token.Line);
    }

    public static string Describe(JinjaToken token) => token.Kind switch
    {
        JinjaTokenKind.BlockEnd => "the end of the block",
        JinjaTokenKind.OutputEnd => "the end of the expression",
        JinjaTokenKind.End => "the end of the template",
        _ => $"'{token.Value}'",
    };

    /// <summary>An expression, a comma-separated list of them being a tuple.</summary>
    public JinjaExpression ParseTuple(bool withCondition = true)
    {
        int line = Current.Line;
        JinjaExpression first = withCondition ? Parse() : ParseOr();
        if (!Current.Is(","))
            return first;
        List<JinjaExpression> items = [first];
        while (Skip(",") && !AtEnd())
            items.Add(withCondition ? Parse() : ParseOr());
        return new ListExpression(items, true, line);
    }

    /// <summary>What may stand left of <c>=</c> or <c>in</c>: names, attributes of namespaces, tuples of names.</summary>
    public JinjaExpression ParseTarget()
    {
        int line = Current.Line;
        List<JinjaExpression> items = [ParseOneTarget()];
        bool tuple = false;
        while (Skip(","))
        {
            tuple = true;
            if (!Current.IsName("in") && !Current.Is("="))
                items.Add(ParseOneTarget());
        }
        return tuple ? new ListExpression(items, true, line) : items[0];
    }

    public JinjaExpression Parse()
    {
        if (++_depth > MaxDepth)
            throw new JinjaException($"expressions nest deeper than {MaxDepth}", Current.Line);
        int line = Current.Line;
        JinjaExpression value = ParseOr();
        while (SkipName("if"))
        {
            JinjaExpression condition = ParseOr();
            value = new ConditionalExpression(condition, value, SkipName("else") ? Parse() : null, line);
        }
        _depth--;
        return value;
    }

    public JinjaCallArguments ParseArguments()
    {
        List<JinjaExpression> positional = [];
        List<(string, JinjaExpression)> named = [];
        Expect("(");
        while (!Skip(")"))
        {
            if (positional.Count + named.Count > 0)
            {
                Expect(",");
                if (Skip(")"))
                    break;
            }
            if (Current.Kind == JinjaTokenKind.Name && tokens[Position + 1].Is("="))
            {
                string name = ExpectName();
                Expect("=");
                named.Add((name, Parse()));
            }
            else
            {
                positional.Add(Parse());
            }
        }
        return new JinjaCallArguments(positional, named);
    }

    /// <summary>The filter after a <c>|</c>, applied to an expression.</summary>
    public FilterExpression ParseFilter(JinjaExpression target)
    {
        int line = Current.Line;
        string name = ExpectName();
        while (Skip("."))
            name += "." + ExpectName();
        return new FilterExpression(target, name, Current.Is("(") ? ParseArguments() : JinjaCallArguments.None, line);
    }

    private bool AtEnd() => Current.Kind is JinjaTokenKind.BlockEnd or JinjaTokenKind.OutputEnd or JinjaTokenKind.End || Current.Is(")") || Current.IsName("in");

    private JinjaExpression ParseOneTarget()
    {
        if (Skip("("))
        {
            JinjaExpression inner = ParseTarget();
            Expect(")");
            return inner;
        }
        int line = Current.Line;
        JinjaExpression target = new NameExpression(ExpectName(), line);
        while (Skip("."))
            target = new AttributeExpression(target, ExpectName(), line);
        return target;
    }

    private JinjaExpression ParseOr() => Binary(ParseAnd, "or");

    private JinjaExpression ParseAnd() => Binary(ParseNot, "and");

    private JinjaExpression Binary(Func<JinjaExpression> operand, string word)
    {
        JinjaExpression left = operand();
        while (Current.IsName(word))
        {
            int line = Next().Line;
            left = new BinaryExpression(word, left, operand(), line);
        }
        return left;
    }

    private JinjaExpression ParseNot()
    {
        if (!Current.IsName("not"))
            return ParseCompare();
        int line = Next().Line;
        if (++_depth > MaxDepth)
            throw new JinjaException($"expressions nest deeper than {MaxDepth}", line);
        JinjaExpression result = new UnaryExpression("not", ParseNot(), line);
        _depth--;
        return result;
    }

    private JinjaExpression ParseCompare()
    {
        int line = Current.Line;
        JinjaExpression first = ParseSum();
        List<(string, JinjaExpression)> rest = [];
        while (true)
        {
            if (Current.Kind == JinjaTokenKind.Operator && Comparisons.Contains(Current.Value))
                rest.Add((Next().Value, ParseSum()));
            else if (SkipName("in"))
                rest.Add(("in", ParseSum()));
            else if (Current.IsName("not") && tokens[Position + 1].IsName("in"))
            {
                Position += 2;
                rest.Add(("not in", ParseSum()));
            }
            else
                break;
        }
        return rest.Count == 0 ? first : new CompareExpression(first, rest, line);
    }

    private JinjaExpression ParseSum() => Operators(ParseConcat, "+", "-");

    private JinjaExpression ParseConcat() => Operators(ParseProduct, "~");

    private JinjaExpression ParseProduct() => Operators(ParsePower, "*", "/", "//", "%");

    private JinjaExpression ParsePower() => Operators(() => ParseUnary(true), "**");

    private JinjaExpression Operators(Func<JinjaExpression> operand, params string[] symbols)
    {
        JinjaExpression left = operand();
        while (Current.Kind == JinjaTokenKind.Operator && symbols.Contains(Current.Value))
        {
            JinjaToken op = Next();
            left = new BinaryExpression(op.Value, left, operand(), op.Line);
        }
        return left;
    }

    private JinjaExpression ParseUnary(bool withFilters)
    {
        JinjaExpression value;
        if (Current.Is("-") || Current.Is("+"))
        {
            JinjaToken op = Next();
            if (++_depth > MaxDepth)
                throw new JinjaException($"expressions nest deeper than {MaxDepth}", op.Line);
            value = new UnaryExpression(op.Value, ParseUnary(false), op.Line);
            _depth--;
        }
        else
        {
            value = ParsePrimary();
        }
        value = ParsePostfix(value);
        return withFilters ? ParseFilters(value) : value;
    }

    private JinjaExpression ParseFilters(JinjaExpression value)
    {
        while (true)
        {
            if (Skip("|"))
                value = ParseFilter(value);
            else if (Current.IsName("is"))
                value = ParseTest(value);
            else if (Current.Is("("))
                value = ParsePostfix(value);
            else
                return value;
        }
    }

    private TestExpression ParseTest(JinjaExpression value)
    {
        int line = Next().Line;
        bool negated = SkipName("not");
        string name = ExpectName();
        JinjaCallArguments arguments = JinjaCallArguments.None;
        if (Current.Is("("))
        {
            arguments = ParseArguments();
        }
        else if (Current.Kind is JinjaTokenKind.String or JinjaTokenKind.Integer or JinjaTokenKind.Float || Current.Is("[") || Current.Is("{")
            || (Current.Kind == JinjaTokenKind.Name && Current.Value is not ("else" or "or" or "and" or "is" or "if" or "in" or "not")))
        {
            arguments = new JinjaCallArguments([ParsePostfix(ParsePrimary())], []);
        }
        return new TestExpression(value, name, arguments, negated, line);
    }

    private JinjaExpression ParsePostfix(JinjaExpression value)
    {
        while (true)
        {
            int line = Current.Line;
            if (Skip("."))
            {
                JinjaToken member = Next();
                value = member.Kind switch
                {
                    JinjaTokenKind.Name => new AttributeExpression(value, member.Value, line),
                    JinjaTokenKind.Integer => new ItemExpression(value, new ConstantExpression(ParseInteger(member), line), line),
                    _ => throw new JinjaException($"a name expected after '.', found {Describe(member)}", line),
                };
            }
            else if (Skip("["))
            {
                value = ParseSubscript(value, line);
            }
            else if (Current.Is("("))
            {
                value = new CallExpression(value, ParseArguments(), line);
            }
            else
            {
                return value;
            }
        }
    }

    private JinjaExpression ParseSubscript(JinjaExpression value, int line)
    {
        JinjaExpression? from = Current.Is(":") ? null : Parse();
        if (Skip("]"))
            return new ItemExpression(value, from!, line);
        Expect(":");
        JinjaExpression? to = Current.Is(":") || Current.Is("]") ? null : Parse();
        JinjaExpression? step = Skip(":") && !Current.Is("]") ? Parse() : null;
        Expect("]");
        return new SliceExpression(value, from, to, step, line);
    }

    private JinjaExpression ParsePrimary()
    {
        JinjaToken token = Next();
        switch (token.Kind)
        {
            case JinjaTokenKind.Name:
                return token.Value switch
                {
                    "true" or "True" => new ConstantExpression(true, token.Line),
                    "false" or "False" => new ConstantExpression(false, token.Line),
                    "none" or "None" => new ConstantExpression(null, token.Line),
                    _ => new NameExpression(token.Value, token.Line),
                };
            case JinjaTokenKind.String:
                StringBuilder text = new(token.Value);
                while (Current.Kind == JinjaTokenKind.String)
                    text.Append(Next().Value);
                return new ConstantExpression(text.ToString(), token.Line);
            case JinjaTokenKind.Integer:
                return new ConstantExpression(ParseInteger(token), token.Line);
            case JinjaTokenKind.Float:
                return new ConstantExpression(double.Parse(token.Value, CultureInfo.InvariantCulture), token.Line);
            case JinjaTokenKind.Operator when token.Value == "(":
                if (Skip(")"))
                    return new ListExpression([], true, token.Line);
                JinjaExpression inner = ParseTuple();
                Expect(")");
                return inner;
            case JinjaTokenKind.Operator when token.Value == "[":
                return new ListExpression(ParseItems("]", Parse), false, token.Line);
            case JinjaTokenKind.Operator when token.Value == "{":
                return new MapExpression(ParseItems("}", ParsePair), token.Line);
            default:
                throw new JinjaException($"unexpected {Describe(token)}", token.Line);
        }
    }

    private (JinjaExpression Key, JinjaExpression Value) ParsePair()
    {
        JinjaExpression key = Parse();
        Expect(":");
        return (key, Parse());
    }

    private List<T> ParseItems<T>(string close, Func<T> item)
    {
        List<T> items = [];
        while (!Skip(close))
        {
            if (items.Count > 0)
            {
                Expect(",");
                if (Skip(close))
                    break;
            }
            items.Add(item());
        }
        return items;
    }

    private static long ParseInteger(JinjaToken token) =>
        long.TryParse(token.Value, CultureInfo.InvariantCulture, out long value) ? value : throw new JinjaException($"the number {token.Value} is too large", token.Line);
}
