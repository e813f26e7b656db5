namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>A test, what follows <c>is</c>.</summary>
internal delegate bool JinjaTest(object? value, JinjaArguments arguments);

/// <summary>Jinja's built-in tests.</summary>
internal static class JinjaTests
{
    private static readonly Dictionary<string, JinjaTest> Tests = new(StringComparer.Ordinal)
    {
        ["defined"] = (v, _) => v is not Undefined,
        ["undefined"] = (v, _) => v is Undefined,
        ["none"] = (v, _) => v is null,
        ["true"] = (v, _) => v is true,
        ["false"] = (v, _) => v is false,
        ["boolean"] = (v, _) => v is bool,
        ["string"] = (v, _) => v is string,
        ["number"] = (v, _) => v is long or double or bool,
        ["integer"] = (v, _) => v is long,
        ["float"] = (v, _) => v is double,
        ["mapping"] = (v, _) => v is JinjaMap,
        ["sequence"] = (v, _) => v is JinjaList or JinjaMap or string or Undefined,
        ["iterable"] = (v, _) => v is JinjaList or JinjaMap or string or Undefined,
        ["callable"] = (v, _) => v is JinjaFunction,
        ["even"] = (v, _) => JinjaOperators.Integer(v) % 2 == 0,
        ["odd"] = (v, _) => JinjaOperators.Integer(v) % 2 != 0,
        ["divisibleby"] = (v, a) => JinjaOperators.Integer(a.Get(0, "num")) is not 0 and long by ? JinjaOperators.Integer(v) % by == 0 : throw new JinjaException("division by zero"),
        ["lower"] = (v, _) => JinjaValues.Str(v) is var s && s.Any(char.IsLetter) && !s.Any(char.IsUpper),
        ["upper"] = (v, _) => JinjaValues.Str(v) is var s && s.Any(char.IsLetter) && !s.Any(char.IsLower),
        ["in"] = (v, a) => JinjaValues.Contains(a.Get(0, "seq"), v),
        ["sameas"] = (v, a) => a.Get(0, "other") is var o && (v is null or bool ? Equals(v, o) : ReferenceEquals(v, o)),
        ["eq"] = (v, a) => JinjaValues.Equals(v, a.Get(0, "other")),
        ["ne"] = (v, a) => !JinjaValues.Equals(v, a.Get(0, "other")),
        ["lt"] = (v, a) => JinjaValues.Compare(v, a.Get(0, "other")) < 0,
        ["le"] = (v, a) => JinjaValues.Compare(v, a.Get(0, "other")) <= 0,
        ["gt"] = (v, a) => JinjaValues.Compare(v, a.Get(0, "other")) > 0,
        ["ge"] = (v, a) => JinjaValues.Compare(v, a.Get(0, "other")) >= 0,
        ["filter"] = (v, _) => v is string name && JinjaFilters.Find(name) is not null,
        ["test"] = (v, _) => v is string name && Find(name) is not null,
    };

    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal)
    {
        ["equalto"] = "eq",
        ["lessthan"] = "lt",
        ["greaterthan"] = "gt",
    };

    public static JinjaTest? Find(string name) => Tests.GetValueOrDefault(Aliases.GetValueOrDefault(name, name));
}
