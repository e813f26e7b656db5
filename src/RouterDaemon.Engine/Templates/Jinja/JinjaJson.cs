using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>JSON in and out, written as Python's <c>json.dumps</c> writes it, because models were trained on that text.</summary>
internal static class JinjaJson
{
    private const int MaxDepth = 64;

    public static object? FromElement(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                JinjaMap map = new();
                foreach (JsonProperty property in element.EnumerateObject())
                    map[property.Name] = FromElement(property.Value);
                return map;
            case JsonValueKind.Array:
                return new JinjaList(element.EnumerateArray().Select(FromElement));
            case JsonValueKind.String:
                return element.GetString();
            case JsonValueKind.Number:
                return element.TryGetInt64(out long n) && !element.GetRawText().AsSpan().ContainsAny('.', 'e', 'E') ? (object)n : element.GetDouble();
            case JsonValueKind.True:
                return true;
            case JsonValueKind.False:
                return false;
            default:
                return null;
        }
    }

    /// <exception cref="JinjaException">The text is not JSON.</exception>
    public static object? Parse(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return FromElement(document.RootElement);
        }
        catch (JsonException)
        {
            throw new JinjaException("the text is not JSON");
        }
    }

    public static string Write(object? value, JinjaArguments arguments)
    {
        string? indent = arguments.Get(1, "indent") switch
        {
            long n => new string(' ', (int)Math.Clamp(n, 0, 16)),
            string s => s,
            _ => null,
        };
        if (arguments.Get(0, "indent") is long first && arguments.Positional.Count == 1)
            indent = new string(' ', (int)Math.Clamp(first, 0, 16));
        string item = indent is null ? ", " : ",";
        string key = ": ";
        if (arguments.Get(2, "separators") is JinjaList { Count: 2 } separators)
            (item, key) = (JinjaValues.Str(separators[0]), JinjaValues.Str(separators[1]));
        Writer writer = new(
            new StringBuilder(), indent, item, key, JinjaValues.Truthy(arguments.Get(3, "sort_keys")), JinjaValues.Truthy(arguments.Get(4, "ensure_ascii")));
        writer.Append(value, 0);
        return writer.Text.ToString();
    }

    private sealed record Writer(StringBuilder Text, string? Indent, string ItemSeparator, string KeySeparator, bool SortKeys, bool Ascii)
    {
        public void Append(object? value, int depth)
        {
            if (depth > MaxDepth)
                throw new JinjaException("a value nests too deeply for tojson");
            switch (value)
            {
                case null: Text.Append("null"); break;
                case bool b: Text.Append(b ? "true" : "false"); break;
                case long n: Text.Append(n.ToString(CultureInfo.InvariantCulture)); break;
                case double d: Text.Append(JinjaValues.FloatText(d)); break;
                case string s: AppendString(s); break;
                case JinjaList list: AppendAll('[', ']', [.. list], i => Append(i, depth + 1), depth); break;
                case JinjaMap map:
                    (object? Key, object? Value)[] items = [.. map.Items];
                    if (SortKeys)
                        Array.Sort(items, (a, b) => JinjaValues.Compare(a.Key, b.Key));
                    AppendAll('{', '}', items, i => AppendMember(i, depth + 1), depth);
                    break;
                case Undefined u: throw new JinjaException($"'{u.Name}' is undefined and has no JSON form");
                default: throw new JinjaException("a function has no JSON form");
            }
        }

        private void AppendMember((object? Key, object? Value) member, int depth)
        {
            AppendString(member.Key switch { null => "null", true => "true", false => "false", var k => JinjaValues.Str(k) });
            Text.Append(KeySeparator);
            Append(member.Value, depth);
        }

        private void AppendAll<T>(char open, char close, T[] items, Action<T> append, int depth)
        {
            Text.Append(open);
            for (int i = 0; i < items.Length; i++)
            {
                Text.Append(i > 0 ? ItemSeparator : "");
                Break(depth + 1);
                append(items[i]);
            }
            if (items.Length > 0)
                Break(depth);
            Text.Append(close);
        }

        private void Break(int depth)
        {
            if (Indent is null)
                return;
            Text.Append('\n');
            for (int i = 0; i < depth; i++)
                Text.Append(Indent);
        }

        private void AppendString(string s)
        {
            Text.Append('"');
            foreach (char c in s)
            {
                switch (c)
                {
                    case '"': Text.Append("\\\""); break;
                    case '\\': Text.Append("\\\\"); break;
                    case '\n': Text.Append("\\n"); break;
                    case '\r': Text.Append("\\r"); break;
                    case '\t': Text.Append("\\t"); break;
                    case '\b': Text.Append("\\b"); break;
                    case '\f': Text.Append("\\f"); break;
                    default:
                        if (c < ' ' || (Ascii && c > '~'))
                            Text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
                        else
                            Text.Append(c);
                        break;
                }
            }
            Text.Append('"');
        }
    }
}
