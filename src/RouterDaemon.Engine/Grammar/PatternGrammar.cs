using System.Globalization;
using System.Text;

namespace RouterDaemon.Engine.Grammar;

/// <summary>
/// Turns the regular expression of a <c>pattern</c> into GBNF for the inside of a JSON string: literals, classes, groups,
/// alternatives, quantifiers, <c>\d \w \s .</c>, and anchors at the ends. Anything else is refused by name.
/// </summary>
internal sealed class PatternGrammar
{
    private const int MaxDepth = 50;
    private const int MaxRepeat = 1000;

    private readonly string _pattern;
    private int _at;
    private int _depth;

    private PatternGrammar(string pattern) => _pattern = pattern;

    /// <exception cref="FormatException">The pattern uses something outside of the subset.</exception>
    public static string Convert(string pattern)
    {
        bool start = pattern.StartsWith('^');
        bool end = pattern.EndsWith('$') && !pattern.EndsWith("\\$", StringComparison.Ordinal);
        PatternGrammar parser = new(pattern[(start ? 1 : 0)..(pattern.Length - (end ? 1 : 0))]);
        string body = parser.Alternatives();
        if (parser._at < parser._pattern.Length)
            throw new FormatException($"unexpected '{parser._pattern[parser._at]}'");
        if (body.Contains(" | ", StringComparison.Ordinal))
        {
            // An anchor binds to one alternative only; refusing is better than guessing.
            if (start != end || (parser._topAlternatives && start))
                throw new FormatException("anchors beside top-level alternatives: put the alternatives into a group");
            body = $"({body})";
        }
        return $"{(start ? "" : "char* ")}{body}{(end ? "" : " char*")}";
    }

    private bool _topAlternatives;

    private string Alternatives()
    {
        if (++_depth > MaxDepth)
            throw new FormatException("groups nest too deeply");
        List<string> parts = [Sequence()];
        while (_at < _pattern.Length && _pattern[_at] == '|')
        {
            _at++;
            parts.Add(Sequence());
        }
        _depth--;
        _topAlternatives |= _depth == 0 && parts.Count > 1;
        return string.Join(" | ", parts);
    }

    private string Sequence()
    {
        StringBuilder text = new();
        while (_at < _pattern.Length && _pattern[_at] is not ('|' or ')'))
            text.Append(text.Length > 0 ? " " : "").Append(Quantified(Atom()));
        return text.Length > 0 ? text.ToString() : "\"\"";
    }

    private string Quantified(string atom)
    {
        if (_at >= _pattern.Length)
            return atom;
        char c = _pattern[_at];
        if (c is '*' or '+' or '?')
        {
            _at++;
            RefuseLazy();
            return atom + c;
        }
        if (c != '{')
            return atom;
        int close = _pattern.IndexOf('}', _at);
        string[] bounds = close > 0 ? _pattern[(_at + 1)..close].Split(',') : [];
        int[] numbers = [.. bounds.Where(b => b.Length > 0).Select(b => int.TryParse(b, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : MaxRepeat + 1)];
        if (bounds.Length is 0 or > 2 || bounds[0].Length == 0 || numbers.Any(n => n > MaxRepeat))
            throw new FormatException($"a quantifier that is not {{n}}, {{n,}} or {{n,m}} with at most {MaxRepeat}");
        _at = close + 1;
        RefuseLazy();
        return $"{atom}{{{string.Join(',', bounds)}}}";
    }

    private void RefuseLazy()
    {
        if (_at < _pattern.Length && _pattern[_at] is '?' or '+' && _at < _pattern.Length)
            throw new FormatException("lazy and possessive quantifiers");
    }

    private string Atom()
    {
        char c = _pattern[_at++];
        switch (c)
        {
            case '(':
                if (_at < _pattern.Length && _pattern[_at] == '?')
                {
                    if (_at + 1 >= _pattern.Length || _pattern[_at + 1] != ':')
                        throw new FormatException("look-around and named groups");
                    _at += 2;
                }
                string inner = Alternatives();
                if (_at >= _pattern.Length || _pattern[_at] != ')')
                    throw new FormatException("a group is not closed");
                _at++;
                return $"({inner})";
            case '[':
                return Class();
            case '.':
                return "char";
            case '\\':
                return Escape();
            case '^' or '$':
                throw new FormatException("anchors inside");
            case '*' or '+' or '?' or '{':
                throw new FormatException($"'{c}' without anything to repeat");
            default:
                return Char(char.IsHighSurrogate(c) && _at < _pattern.Length ? char.ConvertToUtf32(c, _pattern[_at++]) : c);
        }
    }

    private string Escape()
    {
        char c = _at < _pattern.Length ? _pattern[_at++] : throw new FormatException("a lone backslash at the end");
        return c switch
        {
            'd' => "[0-9]",
            'w' => "[a-zA-Z0-9_]",
            's' => "\" \"",
            'n' => Char('\n'),
            't' => Char('\t'),
            'r' => Char('\r'),
            _ when char.IsAsciiLetterOrDigit(c) => throw new FormatException($"\\{c}"),
            _ => Char(c),
        };
    }

    /// <summary>A character as JSON writes it inside a string.</summary>
    private static string Char(int code) => code switch
    {
        '"' => GrammarBuilder.Literal("\\\""),
        '\\' => GrammarBuilder.Literal("\\\\"),
        '\n' => GrammarBuilder.Literal("\\n"),
        '\r' => GrammarBuilder.Literal("\\r"),
        '\t' => GrammarBuilder.Literal("\\t"),
        < 0x20 => GrammarBuilder.Literal(string.Create(CultureInfo.InvariantCulture, $"\\u{code:x4}")),
        _ => GrammarBuilder.Literal(char.ConvertFromUtf32(code)),
    };

    private string Class()
    {
        bool negated = _at < _pattern.Length && _pattern[_at] == '^';
        _at += negated ? 1 : 0;
        StringBuilder text = new();
        bool first = true;
        while (_at < _pattern.Length && (_pattern[_at] != ']' || first))
        {
            first = false;
            (string? set, int code) = ClassItem();
            if (set is not null)
            {
                text.Append(set);
                continue;
            }
            if (_at + 1 < _pattern.Length && _pattern[_at] == '-' && _pattern[_at + 1] != ']')
            {
                _at++;
                (string? wrong, int last) = ClassItem();
                if (wrong is not null || last < code)
                    throw new FormatException("a range that is no range");
                RefuseSpecial(code, last, negated);
                text.Append(GrammarBuilder.ClassChar(code)).Append('-').Append(GrammarBuilder.ClassChar(last));
                continue;
            }
            RefuseSpecial(code, code, negated);
            text.Append(GrammarBuilder.ClassChar(code));
        }
        if (_at >= _pattern.Length)
            throw new FormatException("a class is not closed");
        _at++;
        // What JSON must escape inside a string never stands for itself there.
        return negated ? $"[^{text}\"\\\\\\x00-\\x1F\\x7F]" : $"[{text}]";
    }

    private (string? Set, int Code) ClassItem()
    {
        char c = _pattern[_at++];
        if (c != '\\')
            return (null, char.IsHighSurrogate(c) && _at < _pattern.Length ? char.ConvertToUtf32(c, _pattern[_at++]) : c);
        c = _at < _pattern.Length ? _pattern[_at++] : throw new FormatException("a lone backslash at the end");
        return c switch
        {
            'd' => ("0-9", 0),
            'w' => ("a-zA-Z0-9_", 0),
            's' => (" ", 0),
            _ when char.IsAsciiLetterOrDigit(c) => throw new FormatException($"\\{c} in a class"),
            _ => (null, c),
        };
    }

    private static void RefuseSpecial(int from, int to, bool negated)
    {
        bool Holds(int code) => code >= from && code <= to;
        if (!negated && (Holds('"') || Holds('\\') || from < 0x20))
            throw new FormatException("a class with quotes, backslashes or control characters");
    }
}
