namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>An expression of the syntax tree.</summary>
internal abstract class JinjaExpression(int line)
{
    public int Line { get; } = line;

    public object? Evaluate(JinjaScope scope, JinjaRun run)
    {
        run.Step(Line);
        try
        {
            return Compute(scope, run);
        }
        catch (JinjaException e) when (!e.Message.StartsWith("line ", StringComparison.Ordinal))
        {
            throw new JinjaException(e.Message, Line, e.RaisedByTemplate);
        }
    }

    protected abstract object? Compute(JinjaScope scope, JinjaRun run);
}

internal sealed class ConstantExpression(object? value, int line) : JinjaExpression(line)
{
    protected override object? Compute(JinjaScope scope, JinjaRun run) => value;
}

internal sealed class NameExpression(string name, int line) : JinjaExpression(line)
{
    public string Name => name;

    protected override object? Compute(JinjaScope scope, JinjaRun run) => scope.Get(name);
}

internal sealed class ListExpression(List<JinjaExpression> items, bool isTuple, int line) : JinjaExpression(line)
{
    public List<JinjaExpression> Items => items;

    protected override object? Compute(JinjaScope scope, JinjaRun run) =>
        new JinjaList(items.Select(i => i.Evaluate(scope, run)).ToArray(), isTuple);
}

internal sealed class MapExpression(List<(JinjaExpression Key, JinjaExpression Value)> items, int line) : JinjaExpression(line)
{
    protected override object? Compute(JinjaScope scope, JinjaRun run)
    {
        JinjaMap map = new();
        foreach ((JinjaExpression key, JinjaExpression value) in items)
            map[JinjaOperators.Key(key.Evaluate(scope, run))] = value.Evaluate(scope, run);
        return map;
    }
}

internal sealed class AttributeExpression(JinjaExpression target, string name, int line) : JinjaExpression(line)
{
    public JinjaExpression Target => target;

    public string Name => name;

    protected override object? Compute(JinjaScope scope, JinjaRun run) => JinjaOperators.Attribute(target.Evaluate(scope, run), name);
}

internal sealed class ItemExpression(JinjaExpression target, JinjaExpression index, int line) : JinjaExpression(line)
{
    protected override object? Compute(JinjaScope scope, JinjaRun run) =>
        JinjaOperators.Item(target.Evaluate(scope, run), index.Evaluate(scope, run));
}

internal sealed class SliceExpression(JinjaExpression target, JinjaExpression? from, JinjaExpression? to, JinjaExpression? step, int line)
    : JinjaExpression(line)
{
    protected override object? Compute(JinjaScope scope, JinjaRun run) => JinjaOperators.Slice(
        target.Evaluate(scope, run), from?.Evaluate(scope, run), to?.Evaluate(scope, run), step?.Evaluate(scope, run));
}

/// <summary>Arguments as written.</summary>
internal sealed record JinjaCallArguments(List<JinjaExpression> Positional, List<(string Name, JinjaExpression Value)> Named)
{
    public static readonly JinjaCallArguments None = new([], []);

    public JinjaArguments Evaluate(JinjaScope scope, JinjaRun run) => new(
        [.. Positional.Select(p => p.Evaluate(scope, run))],
        Named.ToDictionary(n => n.Name, n => n.Value.Evaluate(scope, run), StringComparer.Ordinal));
}

internal sealed class CallExpression(JinjaExpression target, JinjaCallArguments arguments, int line) : JinjaExpression(line)
{
    public object? Call(JinjaScope scope, JinjaRun run, JinjaFunction? caller)
    {
        JinjaArguments values = arguments.Evaluate(scope, run);
        if (caller is not null)
            values = values with { Named = new Dictionary<string, object?>(values.Named) { ["caller"] = caller } };
        run.Enter(Line);
        try
        {
            if (target is AttributeExpression method)
            {
                object? owner = method.Target.Evaluate(scope, run);
                if (owner is JinjaMap map && map.TryGet(method.Name, out object? member) && member is JinjaFunction own)
                    return own(values);
                if (JinjaMethods.Find(owner, method.Name) is { } found)
                    return found(owner!, values);
                throw new JinjaException($"{JinjaValues.TypeName(owner)} has no method {method.Name}");
            }
            return target.Evaluate(scope, run) switch
            {
                JinjaFunction function => function(values),
                JinjaMap loop when loop.TryGet(ForStatement.RecursionKey, out object? again) => ((JinjaFunction)again!)(values),
                Undefined undefined => throw new JinjaException($"'{undefined.Name}' is undefined"),
                var other => throw new JinjaException($"{JinjaValues.TypeName(other)} cannot be called"),
            };
        }
        finally
        {
            run.Leave();
        }
    }

    protected override object? Compute(JinjaScope scope, JinjaRun run) => Call(scope, run, null);
}

internal sealed class FilterExpression(JinjaExpression target, string name, JinjaCallArguments arguments, int line) : JinjaExpression(line)
{
    private readonly JinjaFilter _filter = JinjaFilters.Find(name) ?? throw new JinjaException($"there is no filter {name}", line);

    public object? Apply(object? value, JinjaScope scope, JinjaRun run) => _filter(value, arguments.Evaluate(scope, run), run);

    protected override object? Compute(JinjaScope scope, JinjaRun run) => Apply(target.Evaluate(scope, run), scope, run);
}

internal sealed class TestExpression(JinjaExpression target, string name, JinjaCallArguments arguments, bool negated, int line) : JinjaExpression(line)
{
    private readonly JinjaTest _test = JinjaTests.Find(name) ?? throw new JinjaException($"there is no test {name}", line);

    protected override object? Compute(JinjaScope scope, JinjaRun run) => _test(target.Evaluate(scope, run), arguments.Evaluate(scope, run)) != negated;
}

internal sealed class UnaryExpression(string op, JinjaExpression operand, int line) : JinjaExpression(line)
{
    protected override object? Compute(JinjaScope scope, JinjaRun run)
    {
        object? value = operand.Evaluate(scope, run);
        return op switch
        {
            "not" => !JinjaValues.Truthy(value),
            "-" when value is long n => -n,
            "-" when value is double d => -d,
            "+" when value is long or double => value,
            _ => throw new JinjaException($"{op} cannot be applied to {JinjaValues.TypeName(value)}"),
        };
    }
}

internal sealed class BinaryExpression(string op, JinjaExpression left, JinjaExpression right, int line) : JinjaExpression(line)
{
    protected override object? Compute(JinjaScope scope, JinjaRun run)
    {
        object? a = left.Evaluate(scope, run);
        return op switch
        {
            "and" => JinjaValues.Truthy(a) ? right.Evaluate(scope, run) : a,
            "or" => JinjaValues.Truthy(a) ? a : right.Evaluate(scope, run),
            _ => JinjaOperators.Binary(op, a, right.Evaluate(scope, run)),
        };
    }
}

/// <summary>A chain such as <c>a &lt; b &lt;= c</c>.</summary>
internal sealed class CompareExpression(JinjaExpression first, List<(string Op, JinjaExpression Operand)> rest, int line) : JinjaExpression(line)
{
    protected override object? Compute(JinjaScope scope, JinjaRun run)
    {
        object? left = first.Evaluate(scope, run);
        foreach ((string op, JinjaExpression operand) in rest)
        {
            object? right = operand.Evaluate(scope, run);
            if (!Holds(op, left, right))
                return false;
            left = right;
        }
        return true;
    }

    private static bool Holds(string op, object? a, object? b) => op switch
    {
        "==" => JinjaValues.Equals(a, b),
        "!=" => !JinjaValues.Equals(a, b),
        "in" => JinjaValues.Contains(b, a),
        "not in" => !JinjaValues.Contains(b, a),
        "<" => JinjaValues.Compare(a, b) < 0,
        "<=" => JinjaValues.Compare(a, b) <= 0,
        ">" => JinjaValues.Compare(a, b) > 0,
        _ => JinjaValues.Compare(a, b) >= 0,
    };
}

internal sealed class ConditionalExpression(JinjaExpression condition, JinjaExpression then, JinjaExpression? otherwise, int line) : JinjaExpression(line)
{
    protected override object? Compute(JinjaScope scope, JinjaRun run) =>
        JinjaValues.Truthy(condition.Evaluate(scope, run))
            ? then.Evaluate(scope, run)
            : otherwise is null ? new Undefined("") : otherwise.Evaluate(scope, run);
}
