namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>A method of strings, lists or mappings.</summary>
internal delegate object? JinjaMethod(object target, JinjaArguments arguments);

/// <summary>Python's methods that templates call. None of them changes anything but lists and maps the template made itself.</summary>
internal static class JinjaMethods
{
    private static readonly Dictionary<string, JinjaMethod> OfStrings = new(StringComparer.Ordinal)
    {
        ["strip"] = (t, a) => Strip((string)t, a, true, true),
        ["lstrip"] = (t, a) => Strip((string)t, a, true, false),
        ["rstrip"] = (t, a) => Strip((string)t, a, false, true),
        ["upper"] = (t, _) => ((string)t).ToUpperInvariant(),
        ["lower"] = (t, _) => ((string)t).ToLowerInvariant(),
        ["title"] = (t, _) => Title((string)t),
        ["capitalize"] = (t, _) => Capitalize((string)t),
        ["startswith"] = (t, a) => Any(a.Get(0, "prefix"), p => ((string)t).StartsWith(p, StringComparison.Ordinal)),
        ["endswith"] = (t, a) => Any(a.Get(0, "suffix"), p => ((string)t).EndsWith(p, StringComparison.Ordinal)),
        ["split"] = (t, a) => Split((string)t, a, fromRight: false),
        ["rsplit"] = (t, a) => Split((string)t, a, fromRight: true),
        ["splitlines"] = (t, _) => new JinjaList(((string)t).TrimEnd('\n').Split('\n')),
        ["join"] = (t, a) => string.Join((string)t, JinjaValues.Iterate(a.Get(0, "iterable")).Select(JinjaValues.Str)),
        ["replace"] = (t, a) => Replace((string)t, a),
        ["find"] = (t, a) => (long)((string)t).IndexOf(a.Text(0, "sub"), StringComparison.Ordinal),
        ["rfind"] = (t, a) => (long)((string)t).LastIndexOf(a.Text(0, "sub"), StringComparison.Ordinal),
        ["count"] = (t, a) => (long)(((string)t).Split(a.Text(0, "sub")).Length - 1),
        ["isdigit"] = (t, _) => ((string)t).Length > 0 && ((string)t).All(char.IsAsciiDigit),
        ["isalpha"] = (t, _) => ((string)t).Length > 0 && ((string)t).All(char.IsLetter),
        ["isupper"] = (t, _) => ((string)t).Any(char.IsLetter) && !((string)t).Any(char.IsLower),
        ["islower"] = (t, _) => ((string)t).Any(char.IsLetter) && !((string)t).Any(char.IsUpper),
        ["isspace"] = (t, _) => ((string)t).Length > 0 && ((string)t).All(char.IsWhiteSpace),
        ["format"] = (t, a) => JinjaFormat.Braces((string)t, a),
        ["removeprefix"] = (t, a) => ((string)t).StartsWith(a.Text(0, "prefix"), StringComparison.Ordinal) ? ((string)t)[a.Text(0, "prefix").Length..] : t,
        ["removesuffix"] = (t, a) => ((string)t).EndsWith(a.Text(0, "suffix"), StringComparison.Ordinal) ? ((string)t)[..^a.Text(0, "suffix").Length] : t,
        ["zfill"] = (t, a) => ((string)t).PadLeft((int)Math.Min(1000, JinjaOperators.Integer(a.Get(0, "width"))), '0'),
    };

    private static readonly Dictionary<string, JinjaMethod> OfLists = new(StringComparer.Ordinal)
    {
        ["append"] = (t, a) => Append((JinjaList)t, [a.Get(0, "object")]),
        ["extend"] = (t, a) => Append((JinjaList)t, [.. JinjaValues.Iterate(a.Get(0, "iterable"))]),
        ["pop"] = (t, a) => Pop((JinjaList)t, a.Get(0, "index", -1L)),
        ["insert"] = (t, a) => Insert((JinjaList)t, a),
        ["index"] = (t, a) => Index((JinjaList)t, a.Get(0, "value")),
        ["count"] = (t, a) => (long)((JinjaList)t).Count(x => JinjaValues.Equals(x, a.Get(0, "value"))),
        ["copy"] = (t, _) => new JinjaList((JinjaList)t),
    };

    private static readonly Dictionary<string, JinjaMethod> OfMaps = new(StringComparer.Ordinal)
    {
        ["items"] = (t, _) => new JinjaList(((JinjaMap)t).Items.Select(i => (object?)new JinjaList([i.Key, i.Value], true))),
        ["keys"] = (t, _) => new JinjaList(((JinjaMap)t).Keys),
        ["values"] = (t, _) => new JinjaList(((JinjaMap)t).Values),
        ["get"] = (t, a) => ((JinjaMap)t).TryGet(a.Get(0, "key"), out object? value) ? value : a.Get(1, "default"),
        ["update"] = (t, a) => Update((JinjaMap)t, a),
        ["pop"] = (t, a) => PopKey((JinjaMap)t, a),
        ["setdefault"] = (t, a) => SetDefault((JinjaMap)t, a),
        ["copy"] = (t, _) => Copy((JinjaMap)t),
    };

    public static JinjaMethod? Find(object? target, string name) => target switch
    {
        string => OfStrings.GetValueOrDefault(name),
        JinjaList => OfLists.GetValueOrDefault(name),
        JinjaMap => OfMaps.GetValueOrDefault(name),
        _ => null,
    };

    public static string Title(string text)
    {
        char[] chars = text.ToLowerInvariant().ToCharArray();
        for (int i = 0; i < chars.Length; i++)
            chars[i] = i == 0 || !char.IsLetter(chars[i - 1]) ? char.ToUpperInvariant(chars[i]) : chars[i];
        return new string(chars);
    }

    public static string Capitalize(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    public static JinjaMap Copy(JinjaMap map)
    {
        JinjaMap copy = new();
        foreach ((object? key, object? value) in map.Items)
            copy[key] = value;
        return copy;
    }

    private static bool Any(object? needle, Func<string, bool> match) => needle switch
    {
        string s => match(s),
        JinjaList list => list.OfType<string>().Any(match),
        _ => throw new JinjaException($"a string is needed, not {JinjaValues.TypeName(needle)}"),
    };

    private static string Strip(string text, JinjaArguments arguments, bool left, bool right)
    {
        char[] set = arguments.Get(0, "chars") is string chars ? chars.ToCharArray() : [];
        text = left ? text.TrimStart(set) : text;
        return right ? text.TrimEnd(set) : text;
    }

    private static JinjaList Split(string text, JinjaArguments arguments, bool fromRight)
    {
        long most = arguments.Get(1, "maxsplit") is { } m ? JinjaOperators.Integer(m) : -1;
        if (arguments.Get(0, "sep") is not string separator)
            return new JinjaList(text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (separator.Length == 0)
            throw new JinjaException("an empty separator");
        if (most < 0)
            return new JinjaList(text.Split(separator));
        if (!fromRight)
            return new JinjaList(text.Split(separator, (int)Math.Min(int.MaxValue, most + 1)));
        List<object?> parts = [];
        int end = text.Length;
        while (most-- > 0 && end > 0 && text.LastIndexOf(separator, end - 1, StringComparison.Ordinal) is >= 0 and int at)
        {
            parts.Insert(0, text[(at + separator.Length)..end]);
            end = at;
        }
        parts.Insert(0, text[..end]);
        return new JinjaList(parts);
    }

    private static string Replace(string text, JinjaArguments arguments)
    {
        string old = arguments.Text(0, "old");
        string with = arguments.Text(1, "new");
        long most = arguments.Get(2, "count") is { } m ? JinjaOperators.Integer(m) : -1;
        if (old.Length == 0)
            return text;
        string result = most < 0 ? text.Replace(old, with, StringComparison.Ordinal) : string.Join(with, text.Split(old, (int)Math.Min(int.MaxValue, most + 1)));
        return result.Length <= JinjaRun.MaxOutputChars ? result : throw new JinjaException("a string grows too long");
    }

    private static object? Append(JinjaList list, object?[] items)
    {
        if (list.Count + items.Length > JinjaRun.MaxItems)
            throw new JinjaException("a list grows too long");
        list.AddRange(items);
        return null;
    }

    private static object? Pop(JinjaList list, object? index)
    {
        long i = JinjaOperators.Integer(index);
        i = i < 0 ? i + list.Count : i;
        if (i < 0 || i >= list.Count)
            throw new JinjaException("pop from an empty or too short list");
        object? value = list[(int)i];
        list.RemoveAt((int)i);
        return value;
    }

    private static object? Insert(JinjaList list, JinjaArguments arguments)
    {
        long i = JinjaOperators.Integer(arguments.Get(0, "index"));
        list.Insert((int)Math.Clamp(i < 0 ? i + list.Count : i, 0, list.Count), arguments.Get(1, "object"));
        return null;
    }

    private static object Index(JinjaList list, object? value)
    {
        int index = list.FindIndex(x => JinjaValues.Equals(x, value));
        return index >= 0 ? (long)index : throw new JinjaException("the value is not in the list");
    }

    private static object? Update(JinjaMap map, JinjaArguments arguments)
    {
        if (arguments.Get(0, "other") is JinjaMap other)
        {
            foreach ((object? key, object? value) in other.Items.ToArray())
                map[key] = value;
        }
        foreach ((string key, object? value) in arguments.Named)
            map[key] = value;
        return null;
    }

    private static object? PopKey(JinjaMap map, JinjaArguments arguments)
    {
        object? key = arguments.Get(0, "key");
        if (!map.TryGet(key, out object? value))
            return arguments.Positional.Count > 1 ? arguments.Positional[1] : throw new JinjaException($"there is no key {JinjaValues.Repr(key)}");
        map.Remove(key);
        return value;
    }

    private static object? SetDefault(JinjaMap map, JinjaArguments arguments)
    {
        object? key = arguments.Get(0, "key");
        if (map.TryGet(key, out object? value))
            return value;
        map[key] = arguments.Get(1, "default");
        return arguments.Get(1, "default");
    }
}
