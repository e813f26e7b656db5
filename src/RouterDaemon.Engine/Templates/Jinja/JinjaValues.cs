using System.Globalization;
using System.Text;

namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>A name or item that does not exist: empty in output, false in conditions, an error when looked into.</summary>
internal sealed record Undefined(string Name);

/// <summary>A sequence; tuples only differ in how they print.</summary>
internal sealed class JinjaList(IEnumerable<object?> items, bool isTuple = false) : List<object?>(items)
{
    public bool IsTuple { get; } = isTuple;
}

/// <summary>A mapping in order of insertion; keys are strings, numbers, booleans or null.</summary>
internal sealed class JinjaMap
{
    public const string NullKey = "\0None";

    private readonly OrderedDictionary<object, object?> _items = [];

    /// <summary>Attributes may be set by the template: <c>namespace()</c>.</summary>
    public bool IsNamespace { get; init; }

    public int Count => _items.Count;

    public IEnumerable<object?> Keys => _items.Keys.Select(k => ReferenceEquals(k, NullKey) ? null : k);

    public IEnumerable<object?> Values => _items.Values;

    public object? this[object? key]
    {
        get => _items[key ?? NullKey];
        set => _items[key ?? NullKey] = value;
    }

    public bool TryGet(object? key, out object? value) => _items.TryGetValue(key ?? NullKey, out value);

    public bool Contains(object? key) => _items.ContainsKey(key ?? NullKey);

    public bool Remove(object? key) => _items.Remove(key ?? NullKey);

    public IEnumerable<(object? Key, object? Value)> Items => _items.Select(p => (ReferenceEquals(p.Key, NullKey) ? null : p.Key, p.Value));
}

/// <summary>Something that can be called.</summary>
internal delegate object? JinjaFunction(JinjaArguments arguments);

/// <summary>Arguments of a call, filter or test.</summary>
internal sealed record JinjaArguments(IReadOnlyList<object?> Positional, IReadOnlyDictionary<string, object?> Named)
{
    public static readonly JinjaArguments None = new([], new Dictionary<string, object?>());

    /// <summary>The argument by position or name, else a default.</summary>
    public object? Get(int position, string name, object? fallback = null) =>
        position < Positional.Count ? Positional[position] : Named.TryGetValue(name, out object? value) ? value : fallback;

    public string Text(int position, string name, string fallback = "") => Get(position, name) is { } value ? JinjaValues.Str(value) : fallback;
}

/// <summary>Python's view of values: truth, text, order, equality.</summary>
internal static class JinjaValues
{
    public static bool Truthy(object? value) => value switch
    {
        null or Undefined => false,
        bool b => b,
        long n => n != 0,
        double d => d != 0,
        string s => s.Length > 0,
        JinjaList l => l.Count > 0,
        JinjaMap { IsNamespace: false } m => m.Count > 0,
        _ => true,
    };

    /// <summary>Python's <c>str()</c>.</summary>
    public static string Str(object? value) => value switch
    {
        string s => s,
        Undefined => "",
        _ => Repr(value),
    };

    /// <summary>Python's <c>repr()</c>.</summary>
    public static string Repr(object? value)
    {
        StringBuilder text = new();
        AppendRepr(text, value, 0);
        return text.ToString();
    }

    public static string TypeName(object? value) => value switch
    {
        null => "NoneType",
        Undefined => "undefined",
        bool => "bool",
        long => "int",
        double => "float",
        string => "str",
        JinjaList { IsTuple: true } => "tuple",
        JinjaList => "list",
        JinjaMap => "dict",
        _ => "function",
    };

    public static string FloatText(double d)
    {
        if (double.IsNaN(d))
            return "nan";
        if (double.IsInfinity(d))
            return d > 0 ? "inf" : "-inf";
        double size = Math.Abs(d);
        if (size != 0 && (size < 1e-4 || size >= 1e16))
        {
            string text = d.ToString("R", CultureInfo.InvariantCulture).ToLowerInvariant();
            if (!text.Contains('e'))
                text = d.ToString("0.################e+00", CultureInfo.InvariantCulture);
            return text;
        }
        string plain = d.ToString("0.0################", CultureInfo.InvariantCulture);
        string shortest = d.ToString("R", CultureInfo.InvariantCulture);
        return shortest.Contains('E') ? plain : shortest.Contains('.') ? shortest : shortest + ".0";
    }

    public new static bool Equals(object? a, object? b)
    {
        if (Number(a) is { } x && Number(b) is { } y)
            return x == y;
        return (a, b) switch
        {
            (null, null) => true,
            (Undefined, Undefined) => true,
            (string s, string t) => s == t,
            (JinjaList l, JinjaList m) => l.Count == m.Count && l.Zip(m).All(p => Equals(p.First, p.Second)),
            (JinjaMap l, JinjaMap m) => l.Count == m.Count && l.Items.All(i => m.TryGet(i.Key, out object? v) && Equals(i.Value, v)),
            _ => ReferenceEquals(a, b),
        };
    }

    public static int Compare(object? a, object? b)
    {
        if (Number(a) is { } x && Number(b) is { } y)
            return x.CompareTo(y);
        if (a is string s && b is string t)
            return string.CompareOrdinal(s, t);
        if (a is JinjaList l && b is JinjaList m)
        {
            for (int i = 0; i < Math.Min(l.Count, m.Count); i++)
            {
                int c = Compare(l[i], m[i]);
                if (c != 0)
                    return c;
            }
            return l.Count.CompareTo(m.Count);
        }
        throw new JinjaException($"cannot order {TypeName(a)} and {TypeName(b)}");
    }

    public static double? Number(object? value) => value switch
    {
        long n => n,
        double d => d,
        bool b => b ? 1 : 0,
        _ => null,
    };

    public static bool Contains(object? container, object? item) => container switch
    {
        string s => item is string part ? s.Contains(part, StringComparison.Ordinal) : throw new JinjaException($"'in <string>' needs a string, not {TypeName(item)}"),
        JinjaList l => l.Exists(x => Equals(x, item)),
        JinjaMap m => m.Contains(item),
        Undefined => false,
        _ => throw new JinjaException($"'in' needs a container, not {TypeName(container)}"),
    };

    /// <summary>The items of something that can be iterated over.</summary>
    public static IEnumerable<object?> Iterate(object? value) => value switch
    {
        JinjaList l => l,
        JinjaMap m => m.Keys,
        string s => s.EnumerateRunes().Select(r => (object?)r.ToString()),
        Undefined => [],
        _ => throw new JinjaException($"{TypeName(value)} cannot be iterated over"),
    };

    public static int Length(object? value) => value switch
    {
        JinjaList l => l.Count,
        JinjaMap m => m.Count,
        string s => s.EnumerateRunes().Count(),
        Undefined => 0,
        _ => throw new JinjaException($"{TypeName(value)} has no length"),
    };

    private static void AppendRepr(StringBuilder text, object? value, int depth)
    {
        if (depth > 64)
            throw new JinjaException("a value nests too deeply to print");
        switch (value)
        {
            case null: text.Append("None"); break;
            case bool b: text.Append(b ? "True" : "False"); break;
            case long n: text.Append(n.ToString(CultureInfo.InvariantCulture)); break;
            case double d: text.Append(FloatText(d)); break;
            case string s: AppendQuoted(text, s); break;
            case Undefined: text.Append("Undefined"); break;
            case JinjaList l:
                text.Append(l.IsTuple ? '(' : '[');
                for (int i = 0; i < l.Count; i++)
                {
                    text.Append(i > 0 ? ", " : "");
                    AppendRepr(text, l[i], depth + 1);
                }
                text.Append(l is { IsTuple: true, Count: 1 } ? "," : "").Append(l.IsTuple ? ')' : ']');
                break;
            case JinjaMap m:
                text.Append('{');
                bool first = true;
                foreach ((object? key, object? item) in m.Items)
                {
                    text.Append(first ? "" : ", ");
                    first = false;
                    AppendRepr(text, key, depth + 1);
                    text.Append(": ");
                    AppendRepr(text, item, depth + 1);
                }
                text.Append('}');
                break;
            default: text.Append("<function>"); break;
        }
    }

    private static void AppendQuoted(StringBuilder text, string s)
    {
        char quote = s.Contains('\'') && !s.Contains('"') ? '"' : '\'';
        text.Append(quote);
        foreach (char c in s)
        {
            switch (c)
            {
                case '\n': text.Append("\\n"); break;
                case '\t': text.Append("\\t"); break;
                case '\r': text.Append("\\r"); break;
                case '\\': text.Append("\\\\"); break;
                default:
                    if (c == quote)
                        text.Append('\\').Append(c);
                    else if (c < ' ' || c == '\x7f')
                        text.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");
                    else
                        text.Append(c);
                    break;
            }
        }
        text.Append(quote);
    }
}
