using System.Globalization;
using System.Text;

namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>
/// Cuts a template into tokens with the whitespace rules that model templates are written for: <c>trim_blocks</c>,
/// <c>lstrip_blocks</c>, one trailing newline dropped (Jinja 3 documentation, "Whitespace Control").
/// </summary>
internal sealed class JinjaLexer
{
    private static readonly string[] Operators =
    [
        "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ".", ",", ":", "|", ";",
    ];

    private readonly string _source;
    private readonly List<JinjaToken> _tokens = [];
    private int _at;
    private int _line = 1;
    private bool _trimNewline;
    private bool _trimAll;

    private JinjaLexer(string source)
    {
        _source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (_source.EndsWith('\n'))
            _source = _source[..^1];
    }

    public static List<JinjaToken> Tokenize(string source)
    {
        JinjaLexer lexer = new(source);
        lexer.Run();
        return lexer._tokens;
    }

    private void Run()
    {
        while (_at < _source.Length)
        {
            int tag = NextTag(_at);
            AddText(tag);
            if (tag == _source.Length)
                break;
            char kind = _source[tag + 1];
            Move(tag + 2);
            if (_at < _source.Length && _source[_at] is '-' or '+' && _at < _source.Length)
                Move(_at + 1);
            if (kind == '#')
                SkipComment();
            else if (kind == '%')
                ReadBlock();
            else
                ReadInside("}}", JinjaTokenKind.OutputBegin, JinjaTokenKind.OutputEnd);
        }
        _tokens.Add(new JinjaToken(JinjaTokenKind.End, "", _line));
    }

    private int NextTag(int from)
    {
        for (int i = from; (i = _source.IndexOf('{', i)) >= 0 && i + 1 < _source.Length; i++)
        {
            if (_source[i + 1] is '{' or '%' or '#')
                return i;
        }
        return _source.Length;
    }

    /// <summary>Adds the text up to a tag, cut as the tags on both sides of it ask for.</summary>
    private void AddText(int end)
    {
        int start = _at;
        int line = _line;
        if (_trimAll)
        {
            while (start < end && char.IsWhiteSpace(_source[start]))
                start++;
        }
        else if (_trimNewline && start < end && _source[start] == '\n')
        {
            start++;
        }
        int stop = end;
        if (end < _source.Length)
        {
            char sign = end + 2 < _source.Length ? _source[end + 2] : '\0';
            if (sign == '-')
            {
                while (stop > start && char.IsWhiteSpace(_source[stop - 1]))
                    stop--;
            }
            else if (_source[end + 1] != '{' && sign != '+')
            {
                stop = StripIndent(start, end);
            }
        }
        if (stop > start)
            _tokens.Add(new JinjaToken(JinjaTokenKind.Text, _source[start..stop], line));
        Move(end);
        _trimAll = _trimNewline = false;
    }

    /// <summary>Blanks between the start of a line and a block tag do not count.</summary>
    private int StripIndent(int start, int end)
    {
        int i = end;
        while (i > start && _source[i - 1] is ' ' or '\t' && i > start)
            i--;
        bool lineStart = i == 0 || _source[i - 1] == '\n';
        // What precedes in the text must belong to this line: a tag before it on the same line keeps the blanks.
        return lineStart ? i : end;
    }

    private void SkipComment()
    {
        int end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0)
            throw new JinjaException("a comment is not closed", _line);
        CloseTag(end, 2, trimNewline: true);
    }

    private void ReadBlock()
    {
        int first = _tokens.Count;
        ReadInside("%}", JinjaTokenKind.BlockBegin, JinjaTokenKind.BlockEnd);
        if (_tokens.Count == first + 3 && _tokens[first + 1].IsName("raw"))
        {
            _tokens.RemoveRange(first, 3);
            ReadRaw();
        }
    }

    private void ReadRaw()
    {
        int at = _at;
        while (true)
        {
            int tag = _source.IndexOf("{%", at, StringComparison.Ordinal);
            if (tag < 0)
                throw new JinjaException("raw is not closed", _line);
            int close = _source.IndexOf("%}", tag, StringComparison.Ordinal);
            if (close > 0 && _source[(tag + 2)..close].Trim(' ', '-', '+', '\n', '\t') == "endraw")
            {
                AddText(tag);
                Move(close);
                CloseTag(_source[close - 1] == '-' ? close - 1 : close, 2, trimNewline: true);
                return;
            }
            at = tag + 2;
        }
    }

    /// <summary>Moves behind a closing tag and notes what it does to the text after it.</summary>
    private void CloseTag(int end, int length, bool trimNewline)
    {
        char sign = _source[end] is '-' or '+' ? _source[end] : end > 0 ? _source[end - 1] : '\0';
        int skip = _source[end] is '-' or '+' ? length + 1 : length;
        _trimAll = sign == '-';
        _trimNewline = trimNewline && sign != '+';
        Move(end + skip);
    }

    private void ReadInside(string close, JinjaTokenKind begin, JinjaTokenKind end)
    {
        _tokens.Add(new JinjaToken(begin, "", _line));
        int depth = 0;
        while (true)
        {
            while (_at < _source.Length && char.IsWhiteSpace(_source[_at]))
                Move(_at + 1);
            if (_at >= _source.Length)
                throw new JinjaException($"a tag is not closed by {close}", _line);
            if (depth == 0 && IsClose(close, out char sign))
            {
                _tokens.Add(new JinjaToken(end, "", _line));
                Move(_at + close.Length + (sign == '\0' ? 0 : 1));
                _trimAll = sign == '-';
                _trimNewline = close == "%}" && sign != '+';
                return;
            }
            JinjaToken token = ReadToken();
            depth += token.Is("(") || token.Is("[") || token.Is("{") ? 1 : token.Is(")") || token.Is("]") || token.Is("}") ? -1 : 0;
            _tokens.Add(token);
        }
    }

    private bool IsClose(string close, out char sign)
    {
        sign = '\0';
        if (string.CompareOrdinal(_source, _at, close, 0, close.Length) == 0)
            return true;
        if (_source[_at] is '-' or '+' && string.CompareOrdinal(_source, _at + 1, close, 0, close.Length) == 0)
        {
            sign = _source[_at];
            return true;
        }
        return false;
    }

    private JinjaToken ReadToken()
    {
        char c = _source[_at];
        int start = _at;
        if (c is '"' or '\'')
            return ReadString(c);
        if (char.IsAsciiDigit(c))
            return ReadNumber();
        if (char.IsLetter(c) || c == '_')
        {
            int end = _at;
            while (end < _source.Length && (char.IsLetterOrDigit(_source[end]) || _source[end] == '_'))
                end++;
            Move(end);
            return new JinjaToken(JinjaTokenKind.Name, _source[start..end], _line);
        }
        foreach (string op in Operators)
        {
            if (string.CompareOrdinal(_source, _at, op, 0, op.Length) == 0)
            {
                Move(_at + op.Length);
                return new JinjaToken(JinjaTokenKind.Operator, op, _line);
            }
        }
        throw new JinjaException($"unexpected character '{c}'", _line);
    }

    private JinjaToken ReadNumber()
    {
        int end = _at;
        while (end < _source.Length && (char.IsAsciiDigit(_source[end]) || _source[end] == '_'))
            end++;
        bool isFloat = end + 1 < _source.Length && _source[end] == '.' && char.IsAsciiDigit(_source[end + 1]);
        if (isFloat)
        {
            end++;
            while (end < _source.Length && char.IsAsciiDigit(_source[end]))
                end++;
        }
        if (end < _source.Length && _source[end] is 'e' or 'E')
        {
            int exponent = end + 1 < _source.Length && _source[end + 1] is '+' or '-' ? end + 2 : end + 1;
            if (exponent < _source.Length && char.IsAsciiDigit(_source[exponent]))
            {
                isFloat = true;
                end = exponent;
                while (end < _source.Length && char.IsAsciiDigit(_source[end]))
                    end++;
            }
        }
        string text = _source[_at..end].Replace("_", "", StringComparison.Ordinal);
        Move(end);
        return new JinjaToken(isFloat ? JinjaTokenKind.Float : JinjaTokenKind.Integer, text, _line);
    }

    private JinjaToken ReadString(char quote)
    {
        StringBuilder text = new();
        int line = _line;
        int i = _at + 1;
        for (; i < _source.Length && _source[i] != quote; i++)
        {
            if (_source[i] != '\\' || i + 1 >= _source.Length)
            {
                text.Append(_source[i]);
                continue;
            }
            i++;
            switch (_source[i])
            {
                case 'n': text.Append('\n'); break;
                case 't': text.Append('\t'); break;
                case 'r': text.Append('\r'); break;
                case 'b': text.Append('\b'); break;
                case 'f': text.Append('\f'); break;
                case 'v': text.Append('\v'); break;
                case 'a': text.Append('\a'); break;
                case '0': text.Append('\0'); break;
                case '\\' or '\'' or '"': text.Append(_source[i]); break;
                case 'x': i = AppendCode(text, i, 2); break;
                case 'u': i = AppendCode(text, i, 4); break;
                case 'U': i = AppendCode(text, i, 8); break;
                case '\n': break;
                default: text.Append('\\').Append(_source[i]); break;
            }
        }
        if (i >= _source.Length)
            throw new JinjaException("a string is not closed", line);
        Move(i + 1);
        return new JinjaToken(JinjaTokenKind.String, text.ToString(), line);
    }

    private int AppendCode(StringBuilder text, int at, int digits)
    {
        if (at + digits >= _source.Length
            || !int.TryParse(_source.AsSpan(at + 1, digits), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out int code)
            || code > 0x10FFFF)
            throw new JinjaException("a string holds a broken escape", _line);
        text.Append(code is >= 0xD800 and <= 0xDFFF or < 0x10000 ? ((char)code).ToString() : char.ConvertFromUtf32(code));
        return at + digits;
    }

    private void Move(int to)
    {
        for (int i = _at; i < to && i < _source.Length; i++)
            _line += _source[i] == '\n' ? 1 : 0;
        _at = to;
    }
}
