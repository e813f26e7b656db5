using System.Globalization;
using System.Text;

namespace RouterDaemon.Engine.Grammar;

/// <summary>Collects GBNF rules. JSON text is kept within what every reader accepts: no lone surrogates, no endless numbers.</summary>
internal sealed class GrammarBuilder
{
    private const int MaxRules = 5_000;

    private static readonly (string Name, string Body)[] Primitives =
    [
        ("ws", "| \" \" | \"\\n\" [ \\t]{0,20}"),
        ("char", "[^\"\\\\\\x7F\\x00-\\x1F] | \"\\\\\" ([\"\\\\/bfnrt] | \"u\" ([0-9a-cA-CeEfF] [0-9a-fA-F]{3} | [dD] [0-7] [0-9a-fA-F]{2}))"),
        ("string", "\"\\\"\" char* \"\\\"\""),
        ("natural", "\"0\" | [1-9] [0-9]{0,15}"),
        ("integer", "\"-\"? natural"),
        ("number", "integer (\".\" [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})?"),
        ("boolean", "\"true\" | \"false\""),
        ("null", "\"null\""),
        ("member", "string \":\" ws value"),
        ("object", "\"{\" ws (member ws (\",\" ws member ws)*)? \"}\""),
        ("array", "\"[\" ws (value ws (\",\" ws value ws)*)? \"]\""),
        ("value", "object | array | string | number | boolean | null"),
    ];

    private readonly Dictionary<string, string> _rules = new(StringComparer.Ordinal);
    private int _next;

    public GrammarBuilder()
    {
        foreach ((string name, string body) in Primitives)
            _rules[name] = body;
    }

    /// <summary>Adds a rule and returns its name; equal bodies are not shared, names stay predictable.</summary>
    public string Add(string body)
    {
        string name = Reserve();
        _rules[name] = body;
        return name;
    }

    /// <summary>A name whose body is set later, for rules that refer to themselves.</summary>
    public string Reserve()
    {
        if (_rules.Count >= MaxRules)
            throw new EngineException(EngineErrorKind.InvalidRequest, $"the schema needs more than {MaxRules} grammar rules", "response_format");
        string name = string.Create(CultureInfo.InvariantCulture, $"r{_next++}");
        _rules[name] = "\"\"";
        return name;
    }

    public void Set(string name, string body) => _rules[name] = body;

    public string Build(string root)
    {
        StringBuilder text = new();
        text.Append("root ::= ").Append(root).Append('\n');
        foreach ((string name, string body) in _rules)
            text.Append(name).Append(" ::= ").Append(body).Append('\n');
        return text.ToString();
    }

    /// <summary>A GBNF string literal.</summary>
    public static string Literal(string text)
    {
        StringBuilder literal = new("\"");
        foreach (Rune rune in text.EnumerateRunes())
        {
            literal.Append(rune.Value switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < 0x20 or 0x7F => string.Create(CultureInfo.InvariantCulture, $"\\x{rune.Value:X2}"),
                _ => rune.ToString(),
            });
        }
        return literal.Append('"').ToString();
    }

    /// <summary>One character inside a GBNF class.</summary>
    public static string ClassChar(int code) => code switch
    {
        '\\' => "\\\\",
        ']' => "\\]",
        '[' => "\\[",
        '"' => "\\\"",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '-' => "\\x2D",
        '^' => "\\x5E",
        < 0x20 or 0x7F => string.Create(CultureInfo.InvariantCulture, $"\\x{code:X2}"),
        > 0xFFFF => string.Create(CultureInfo.InvariantCulture, $"\\U{code:X8}"),
        > 0x7F => string.Create(CultureInfo.InvariantCulture, $"\\u{code:X4}"),
        _ => ((char)code).ToString(),
    };
}
