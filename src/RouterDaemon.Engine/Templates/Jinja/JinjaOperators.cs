using System.Text;

namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>Operators and look-ups with Python's meaning.</summary>
internal static class JinjaOperators
{
    public static object? Binary(string op, object? a, object? b)
    {
        if (op == "~")
            return Bounded(JinjaValues.Str(a), JinjaValues.Str(b));
        if (op == "+" && a is string s && b is string t)
            return Bounded(s, t);
        if (op == "+" && a is JinjaList l && b is JinjaList m)
            return l.Count + m.Count <= JinjaRun.MaxItems ? new JinjaList(l.Concat(m), l.IsTuple) : throw new JinjaException("a list grows too long");
        if (op == "*" && (a, b) is (string, long) or (long, string))
            return Repeat(a as string ?? (string)b!, a is long x ? x : (long)b!);
        if (op == "%" && a is string format)
            return JinjaFormat.Percent(format, b);
        if (JinjaValues.Number(a) is { } n && JinjaValues.Number(b) is { } k)
            return a is double || b is double || op is "/" || (op == "**" && k < 0) ? Floats(op, n, k) : Integers(op, (long)n, (long)k);
        throw (a, b) switch
        {
            (Undefined u, _) => new JinjaException($"'{u.Name}' is undefined"),
            (_, Undefined u) => new JinjaException($"'{u.Name}' is undefined"),
            _ => new JinjaException($"{op} cannot be applied to {JinjaValues.TypeName(a)} and {JinjaValues.TypeName(b)}"),
        };
    }

    public static object Key(object? value) => value switch
    {
        null => JinjaMap.NullKey,
        string or long or bool => value,
        double d => d,
        _ => throw new JinjaException($"{JinjaValues.TypeName(value)} cannot be a key"),
    };

    public static object? Attribute(object? target, string name) => target switch
    {
        JinjaMap map => map.TryGet(name, out object? value) ? value : MethodOrUndefined(target, name),
        Undefined u => throw new JinjaException($"'{u.Name}' is undefined, so it has no {name}"),
        _ => MethodOrUndefined(target, name),
    };

    public static object? Item(object? target, object? index)
    {
        switch (target)
        {
            case JinjaMap when index is JinjaList or JinjaMap:
                throw new JinjaException($"{JinjaValues.TypeName(index)} cannot be a key");
            case JinjaMap map:
                return map.TryGet(index, out object? value)
                    ? value
                    : index is string name ? MethodOrUndefined(target, name) : new Undefined(JinjaValues.Str(index));
            case JinjaList list when index is long i:
                i = i < 0 ? i + list.Count : i;
                return i >= 0 && i < list.Count ? list[(int)i] : new Undefined($"item {index}");
            case string s when index is long i:
                i = i < 0 ? i + s.Length : i;
                return i >= 0 && i < s.Length ? s[(int)i].ToString() : new Undefined($"item {index}");
            case Undefined u:
                throw new JinjaException($"'{u.Name}' is undefined, so it has no items");
            default:
                return index is string attribute ? MethodOrUndefined(target, attribute) : new Undefined(JinjaValues.Str(index));
        }
    }

    /// <summary>Python's slicing, steps and negative positions included.</summary>
    public static object? Slice(object? target, object? from, object? to, object? step)
    {
        long by = step is null ? 1 : Integer(step);
        if (by == 0)
            throw new JinjaException("a slice has the step 0");
        int length = target switch
        {
            string s => s.Length,
            JinjaList l => l.Count,
            Undefined u => throw new JinjaException($"'{u.Name}' is undefined"),
            _ => throw new JinjaException($"{JinjaValues.TypeName(target)} cannot be sliced"),
        };
        long start = from is null ? (by > 0 ? 0 : length - 1) : Clamp(Integer(from), length, by);
        long stop = to is null ? (by > 0 ? length : -1) : Clamp(Integer(to), length, by);
        List<int> picked = [];
        for (long i = start; by > 0 ? i < stop : i > stop; i += by)
            picked.Add((int)i);
        if (target is JinjaList list)
            return new JinjaList(picked.Select(i => list[i]).ToArray(), list.IsTuple);
        string text = (string)target;
        return by == 1 && picked.Count > 0 ? text.Substring(picked[0], picked.Count) : string.Concat(picked.Select(i => text[i]));
    }

    public static long Integer(object? value) => value switch
    {
        long n => n,
        bool b => b ? 1 : 0,
        _ => throw new JinjaException($"a whole number is needed, not {JinjaValues.TypeName(value)}"),
    };

    public static string Repeat(string text, long times) =>
        times <= 0 ? "" : text.Length * times <= JinjaRun.MaxOutputChars ? new StringBuilder().Insert(0, text, (int)times).ToString() : throw new JinjaException("a string grows too long");

    private static long Clamp(long position, int length, long by)
    {
        position = position < 0 ? position + length : position;
        return by > 0 ? Math.Clamp(position, 0, length) : Math.Clamp(position, -1, length - 1);
    }

    private static object? MethodOrUndefined(object? target, string name) =>
        JinjaMethods.Find(target, name) is { } method ? new JinjaFunction(a => method(target!, a)) : new Undefined(name);

    private static string Bounded(string a, string b) =>
        (long)a.Length + b.Length <= JinjaRun.MaxOutputChars ? a + b : throw new JinjaException("a string grows too long");

    private static object Floats(string op, double a, double b) => op switch
    {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => b != 0 ? a / b : throw new JinjaException("division by zero"),
        "//" => b != 0 ? Math.Floor(a / b) : throw new JinjaException("division by zero"),
        "%" => b != 0 ? a - b * Math.Floor(a / b) : throw new JinjaException("division by zero"),
        _ => Math.Pow(a, b),
    };

    private static object Integers(string op, long a, long b)
    {
        try
        {
            checked
            {
                return op switch
                {
                    "+" => a + b,
                    "-" => a - b,
                    "*" => a * b,
                    "//" => b != 0 ? (long)Math.Floor((double)a / b) : throw new JinjaException("division by zero"),
                    "%" => b != 0 ? ((a % b) + b) % b : throw new JinjaException("division by zero"),
                    _ => Power(a, b),
                };
            }
        }
        catch (OverflowException)
        {
            throw new JinjaException("a number grows too large");
        }
    }

    private static long Power(long a, long b)
    {
        long result = 1;
        if (a is 0 or 1)
            return b == 0 ? 1 : a;
        for (long i = 0; i < b; i++)
            result = i < 64 ? checked(result * a) : throw new OverflowException();
        return result;
    }
}
