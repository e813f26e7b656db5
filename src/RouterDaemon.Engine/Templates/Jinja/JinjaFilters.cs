using System.Globalization;
using System.Net;

namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>A filter, what follows <c>|</c>.</summary>
internal delegate object? JinjaFilter(object? value, JinjaArguments arguments, JinjaRun run);

/// <summary>Jinja's built-in filters, as far as published chat templates use them, and Hugging Face's <c>tojson</c>.</summary>
internal static class JinjaFilters
{
    private static readonly Dictionary<string, JinjaFilter> Filters = new(StringComparer.Ordinal)
    {
        ["abs"] = (v, _, _) => v is long n ? (object)Math.Abs(n) : Math.Abs(JinjaValues.Number(v) ?? throw new JinjaException("abs needs a number")),
        ["attr"] = (v, a, _) => JinjaOperators.Attribute(v, a.Text(0, "name")),
        ["batch"] = (v, a, _) => Batch(v, a),
        ["capitalize"] = (v, _, _) => JinjaMethods.Capitalize(JinjaValues.Str(v)),
        ["default"] = (v, a, _) => v is Undefined || (JinjaValues.Truthy(a.Get(1, "boolean")) && !JinjaValues.Truthy(v)) ? a.Get(0, "default_value", "") : v,
        ["dictsort"] = (v, a, _) => DictSort(v, a),
        ["escape"] = (v, _, _) => WebUtility.HtmlEncode(JinjaValues.Str(v)),
        ["first"] = (v, _, _) => JinjaValues.Iterate(v).DefaultIfEmpty(new Undefined("first")).First(),
        ["last"] = (v, _, _) => JinjaValues.Iterate(v).DefaultIfEmpty(new Undefined("last")).Last(),
        ["float"] = (v, a, _) => JinjaValues.Number(v) ?? (double.TryParse(v as string, CultureInfo.InvariantCulture, out double d) ? d : JinjaValues.Number(a.Get(0, "default")) ?? 0.0),
        ["int"] = (v, a, _) => ToInt(v, a.Get(0, "default", 0L)),
        ["format"] = (v, a, _) => JinjaFormat.Percent(JinjaValues.Str(v), new JinjaList(a.Positional, true)),
        ["from_json"] = (v, _, _) => JinjaJson.Parse(JinjaValues.Str(v)),
        ["groupby"] = (v, a, _) => GroupBy(v, a),
        ["indent"] = (v, a, _) => Indent(JinjaValues.Str(v), a),
        ["items"] = (v, _, _) => v is Undefined ? new JinjaList([]) : v is JinjaMap ? JinjaMethods.Find(v, "items")!(v, JinjaArguments.None) : throw new JinjaException("items needs a mapping"),
        ["join"] = (v, a, _) => string.Join(a.Text(0, "d"), Keyed(v, a.Get(1, "attribute")).Select(JinjaValues.Str)),
        ["length"] = (v, _, _) => (long)JinjaValues.Length(v),
        ["list"] = (v, _, _) => new JinjaList(JinjaValues.Iterate(v)),
        ["lower"] = (v, _, _) => JinjaValues.Str(v).ToLowerInvariant(),
        ["upper"] = (v, _, _) => JinjaValues.Str(v).ToUpperInvariant(),
        ["map"] = Map,
        ["max"] = (v, a, _) => Extreme(v, a, 1),
        ["min"] = (v, a, _) => Extreme(v, a, -1),
        ["reject"] = (v, a, _) => Select(v, a, byAttribute: false, keep: false),
        ["rejectattr"] = (v, a, _) => Select(v, a, byAttribute: true, keep: false),
        ["select"] = (v, a, _) => Select(v, a, byAttribute: false, keep: true),
        ["selectattr"] = (v, a, _) => Select(v, a, byAttribute: true, keep: true),
        ["replace"] = (v, a, _) => JinjaMethods.Find("", "replace")!(JinjaValues.Str(v), a),
        ["reverse"] = (v, _, _) => v is string s ? new string([.. s.Reverse()]) : new JinjaList(JinjaValues.Iterate(v).Reverse()),
        ["round"] = (v, a, _) => Round(v, a),
        ["safe"] = (v, _, _) => v,
        ["sort"] = (v, a, _) => Sort(v, a),
        ["string"] = (v, _, _) => JinjaValues.Str(v),
        ["sum"] = (v, a, _) => Keyed(v, a.Get(0, "attribute")).Aggregate(a.Get(1, "start", 0L), (x, y) => JinjaOperators.Binary("+", x, y)),
        ["title"] = (v, _, _) => JinjaMethods.Title(JinjaValues.Str(v)),
        ["tojson"] = (v, a, _) => JinjaJson.Write(v, a),
        ["trim"] = (v, a, _) => JinjaMethods.Find("", "strip")!(JinjaValues.Str(v), a),
        ["truncate"] = (v, a, _) => Truncate(JinjaValues.Str(v), a),
        ["unique"] = (v, a, _) => Unique(v, a),
        ["urlencode"] = (v, _, _) => Uri.EscapeDataString(JinjaValues.Str(v)),
        ["wordcount"] = (v, _, _) => (long)JinjaValues.Str(v).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length,
    };

    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal) { ["d"] = "default", ["count"] = "length", ["e"] = "escape" };

    public static JinjaFilter? Find(string name) => Filters.GetValueOrDefault(Aliases.GetValueOrDefault(name, name));

    /// <summary>A path such as <c>function.name</c> or <c>0.x</c>.</summary>
    private static object? Path(object? value, object? path)
    {
        foreach (string part in JinjaValues.Str(path).Split('.'))
        {
            value = value is Undefined ? value
                : long.TryParse(part, CultureInfo.InvariantCulture, out long index) ? JinjaOperators.Item(value, index) : JinjaOperators.Attribute(value, part);
        }
        return value;
    }

    private static IEnumerable<object?> Keyed(object? value, object? attribute) =>
        attribute is null ? JinjaValues.Iterate(value) : JinjaValues.Iterate(value).Select(i => Path(i, attribute));

    /// <summary>Jinja's own map and select take whatever is false, none included, for nothing.</summary>
    private static IEnumerable<object?> Items(object? value) => JinjaValues.Truthy(value) ? JinjaValues.Iterate(value) : [];

    private static JinjaList Map(object? value, JinjaArguments arguments, JinjaRun run)
    {
        if (arguments.Named.TryGetValue("attribute", out object? attribute))
        {
            return new JinjaList(Items(value).Select(i =>
                Path(i, attribute) is Undefined u ? arguments.Named.TryGetValue("default", out object? fallback) ? fallback : u : Path(i, attribute)));
        }
        string name = arguments.Text(0, "filter");
        JinjaFilter filter = Find(name) ?? throw new JinjaException($"there is no filter {name}");
        JinjaArguments rest = new([.. arguments.Positional.Skip(1)], arguments.Named);
        return new JinjaList(Items(value).Select(i => filter(i, rest, run)));
    }

    private static JinjaList Select(object? value, JinjaArguments arguments, bool byAttribute, bool keep)
    {
        int skip = byAttribute ? 1 : 0;
        object? attribute = byAttribute ? arguments.Get(0, "attribute") : null;
        JinjaTest? test = null;
        if (arguments.Positional.Count > skip)
        {
            string name = JinjaValues.Str(arguments.Positional[skip]);
            test = JinjaTests.Find(name) ?? FindOperator(name) ?? throw new JinjaException($"there is no test {name}");
        }
        JinjaArguments rest = new([.. arguments.Positional.Skip(skip + 1)], arguments.Named);
        return new JinjaList(Items(value).Where(i =>
        {
            object? subject = byAttribute ? Path(i, attribute) : i;
            return (test is null ? JinjaValues.Truthy(subject) : test(subject, rest)) == keep;
        }));
    }

    private static JinjaTest? FindOperator(string name) => name switch
    {
        "==" => JinjaTests.Find("eq"),
        "!=" => JinjaTests.Find("ne"),
        "<" => JinjaTests.Find("lt"),
        "<=" => JinjaTests.Find("le"),
        ">" => JinjaTests.Find("gt"),
        ">=" => JinjaTests.Find("ge"),
        _ => null,
    };

    private static object ToInt(object? value, object? fallback) => value switch
    {
        long or bool => JinjaOperators.Integer(value),
        double d when double.IsFinite(d) && Math.Abs(d) < 9e18 => (long)d,
        string s when long.TryParse(s.Trim(), CultureInfo.InvariantCulture, out long n) => n,
        string s when double.TryParse(s.Trim(), CultureInfo.InvariantCulture, out double d) && Math.Abs(d) < 9e18 => (long)d,
        _ => fallback ?? 0L,
    };

    private static JinjaList Batch(object? value, JinjaArguments arguments)
    {
        int size = (int)Math.Clamp(JinjaOperators.Integer(arguments.Get(0, "linecount")), 1, JinjaRun.MaxItems);
        return new JinjaList(JinjaValues.Iterate(value).Chunk(size).Select(c => (object?)new JinjaList(c)));
    }

    private static object? Extreme(object? value, JinjaArguments arguments, int sign)
    {
        object? attribute = arguments.Get(1, "attribute");
        object? best = new Undefined("max");
        foreach (object? item in JinjaValues.Iterate(value))
        {
            if (best is Undefined || JinjaValues.Compare(Pick(item), Pick(best)) * sign > 0)
                best = item;
        }
        return best;

        object? Pick(object? item) => attribute is null ? item : Path(item, attribute);
    }

    private static string Indent(string text, JinjaArguments arguments)
    {
        string pad = arguments.Get(0, "width", 4L) is string s ? s : new string(' ', (int)Math.Clamp(JinjaOperators.Integer(arguments.Get(0, "width", 4L)), 0, 200));
        bool first = JinjaValues.Truthy(arguments.Get(1, "first"));
        bool blank = JinjaValues.Truthy(arguments.Get(2, "blank"));
        return string.Join('\n', text.Split('\n').Select((line, i) => (i == 0 && !first) || (line.Length == 0 && !blank && i > 0) ? line : pad + line));
    }

    private static object Round(object? value, JinjaArguments arguments)
    {
        double number = JinjaValues.Number(value) ?? throw new JinjaException("round needs a number");
        double scale = Math.Pow(10, JinjaOperators.Integer(arguments.Get(0, "precision", 0L)));
        return arguments.Text(1, "method", "common") switch
        {
            "ceil" => Math.Ceiling(number * scale) / scale,
            "floor" => Math.Floor(number * scale) / scale,
            _ => Math.Round(number * scale, MidpointRounding.ToEven) / scale,
        };
    }

    private static JinjaList Sort(object? value, JinjaArguments arguments)
    {
        bool reverse = JinjaValues.Truthy(arguments.Get(0, "reverse"));
        bool caseSensitive = JinjaValues.Truthy(arguments.Get(1, "case_sensitive"));
        object? attribute = arguments.Get(2, "attribute");
        Comparer<object?> order = Comparer<object?>.Create(JinjaValues.Compare);
        object? Key(object? item) => (attribute is null ? item : Path(item, attribute)) is var k && k is string s && !caseSensitive ? s.ToLowerInvariant() : k;
        IEnumerable<object?> items = JinjaValues.Iterate(value);
        return new JinjaList(reverse ? items.OrderByDescending(Key, order) : items.OrderBy(Key, order));
    }

    private static JinjaList DictSort(object? value, JinjaArguments arguments)
    {
        JinjaMap map = value as JinjaMap ?? throw new JinjaException("dictsort needs a mapping");
        bool byValue = arguments.Text(1, "by", "key") == "value";
        bool reverse = JinjaValues.Truthy(arguments.Get(2, "reverse"));
        bool caseSensitive = JinjaValues.Truthy(arguments.Get(0, "case_sensitive"));
        Comparer<object?> order = Comparer<object?>.Create(JinjaValues.Compare);
        object? Key((object? Key, object? Value) i) => (byValue ? i.Value : i.Key) is var k && k is string s && !caseSensitive ? s.ToLowerInvariant() : k;
        IEnumerable<(object? Key, object? Value)> sorted = reverse ? map.Items.OrderByDescending(Key, order) : map.Items.OrderBy(Key, order);
        return new JinjaList(sorted.Select(i => (object?)new JinjaList([i.Key, i.Value], true)));
    }

    private static JinjaList GroupBy(object? value, JinjaArguments arguments)
    {
        object? attribute = arguments.Get(0, "attribute");
        List<(object? Key, List<object?> Items)> groups = [];
        foreach (object? item in JinjaValues.Iterate(value).OrderBy(i => Path(i, attribute), Comparer<object?>.Create(JinjaValues.Compare)))
        {
            object? key = Path(item, attribute);
            if (groups.Count == 0 || !JinjaValues.Equals(groups[^1].Key, key))
                groups.Add((key, []));
            groups[^1].Items.Add(item);
        }
        return new JinjaList(groups.Select(g => (object?)new JinjaList([g.Key, new JinjaList(g.Items)], true)));
    }

    private static JinjaList Unique(object? value, JinjaArguments arguments)
    {
        object? attribute = arguments.Get(1, "attribute");
        List<object?> seen = [];
        return new JinjaList(JinjaValues.Iterate(value).Where(i =>
        {
            object? key = attribute is null ? i : Path(i, attribute);
            key = key is string s ? s.ToLowerInvariant() : key;
            if (seen.Exists(x => JinjaValues.Equals(x, key)))
                return false;
            seen.Add(key);
            return true;
        }).ToArray());
    }

    private static string Truncate(string text, JinjaArguments arguments)
    {
        int length = (int)Math.Clamp(JinjaOperators.Integer(arguments.Get(0, "length", 255L)), 0, int.MaxValue);
        string end = arguments.Text(2, "end", "...");
        int leeway = (int)JinjaOperators.Integer(arguments.Get(3, "leeway", 5L));
        if (text.Length <= (long)length + leeway)
            return text;
        string cut = text[..Math.Max(0, length - end.Length)];
        if (!JinjaValues.Truthy(arguments.Get(1, "killwords")) && cut.LastIndexOf(' ') is > 0 and int space)
            cut = cut[..space];
        return cut + end;
    }
}
