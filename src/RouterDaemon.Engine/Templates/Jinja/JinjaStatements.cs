namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>What a statement leaves behind for the loop around it.</summary>
internal enum JinjaFlow
{
    Next,
    Break,
    Continue,
}

/// <summary>A statement of the syntax tree.</summary>
internal abstract class JinjaStatement(int line)
{
    public int Line { get; } = line;

    public abstract JinjaFlow Execute(JinjaScope scope, JinjaRun run);

    public static JinjaFlow ExecuteAll(List<JinjaStatement> body, JinjaScope scope, JinjaRun run)
    {
        foreach (JinjaStatement statement in body)
        {
            run.Step(statement.Line);
            JinjaFlow flow = statement.Execute(scope, run);
            if (flow != JinjaFlow.Next)
                return flow;
        }
        return JinjaFlow.Next;
    }
}

internal sealed class TextStatement(string text, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run)
    {
        run.Write(text, Line);
        return JinjaFlow.Next;
    }
}

internal sealed class OutputStatement(JinjaExpression expression, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run)
    {
        run.Write(JinjaValues.Str(expression.Evaluate(scope, run)), Line);
        return JinjaFlow.Next;
    }
}

internal sealed class IfStatement(List<(JinjaExpression? Condition, List<JinjaStatement> Body)> branches, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run)
    {
        foreach ((JinjaExpression? condition, List<JinjaStatement> body) in branches)
        {
            if (condition is null || JinjaValues.Truthy(condition.Evaluate(scope, run)))
                return ExecuteAll(body, scope, run);
        }
        return JinjaFlow.Next;
    }
}

internal sealed class FlowStatement(JinjaFlow flow, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run) => flow;
}

internal sealed class SetStatement(JinjaExpression target, JinjaExpression value, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run)
    {
        Assign(target, value.Evaluate(scope, run), scope, run);
        return JinjaFlow.Next;
    }

    /// <summary>Assigns to a name, an attribute of a namespace, or a tuple of these.</summary>
    public static void Assign(JinjaExpression target, object? value, JinjaScope scope, JinjaRun run)
    {
        switch (target)
        {
            case NameExpression name:
                scope.Set(name.Name, value);
                break;
            case AttributeExpression attribute:
                if (attribute.Target.Evaluate(scope, run) is not JinjaMap { IsNamespace: true } space)
                    throw new JinjaException("only attributes of a namespace can be set", attribute.Line);
                space[attribute.Name] = value;
                break;
            case ListExpression tuple:
                object?[] items = [.. JinjaValues.Iterate(value)];
                if (items.Length != tuple.Items.Count)
                    throw new JinjaException($"{items.Length} values for {tuple.Items.Count} names", tuple.Line);
                for (int i = 0; i < items.Length; i++)
                    Assign(tuple.Items[i], items[i], scope, run);
                break;
            default:
                throw new JinjaException("this cannot be assigned to", target.Line);
        }
    }
}

/// <summary><c>{% set x %}...{% endset %}</c> and <c>{% filter f %}...{% endfilter %}</c>: a body whose output is filtered.</summary>
internal sealed class CaptureStatement(JinjaExpression? target, List<FilterExpression> filters, List<JinjaStatement> body, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run)
    {
        object? value = run.Capture(() => ExecuteAll(body, new JinjaScope(scope), run));
        foreach (FilterExpression filter in filters)
            value = filter.Apply(value, scope, run);
        if (target is null)
            run.Write(JinjaValues.Str(value), Line);
        else
            SetStatement.Assign(target, value, scope, run);
        return JinjaFlow.Next;
    }
}

internal sealed class WithStatement(List<(JinjaExpression Target, JinjaExpression Value)> variables, List<JinjaStatement> body, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run)
    {
        JinjaScope inner = new(scope);
        foreach ((JinjaExpression target, JinjaExpression value) in variables)
            SetStatement.Assign(target, value.Evaluate(scope, run), inner, run);
        return ExecuteAll(body, inner, run);
    }
}

internal sealed class ForStatement(
    JinjaExpression target, JinjaExpression source, JinjaExpression? filter, bool recursive, List<JinjaStatement> body, List<JinjaStatement> otherwise, int line)
    : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run) => Loop(source.Evaluate(scope, run), scope, run, 0);

    private JinjaFlow Loop(object? value, JinjaScope scope, JinjaRun run, int depth)
    {
        List<object?> items = [.. JinjaValues.Iterate(value)];
        if (filter is not null)
        {
            items = items.FindAll(item =>
            {
                JinjaScope probe = new(scope);
                SetStatement.Assign(target, item, probe, run);
                return JinjaValues.Truthy(filter.Evaluate(probe, run));
            });
        }
        if (items.Count == 0)
            return ExecuteAll(otherwise, new JinjaScope(scope), run);
        object? changed = new Undefined("");
        for (int i = 0; i < items.Count; i++)
        {
            run.Step(Line);
            JinjaScope inner = new(scope);
            JinjaMap loop = LoopVariables(items, i, depth);
            loop["changed"] = (JinjaFunction)(a =>
            {
                JinjaList now = new(a.Positional);
                bool differs = !JinjaValues.Equals(changed, now);
                changed = now;
                return differs;
            });
            if (recursive)
                loop[RecursionKey] = (JinjaFunction)(a => run.Capture(() => Loop(a.Get(0, "iterable"), scope, run, depth + 1)));
            inner.Set("loop", loop);
            SetStatement.Assign(target, items[i], inner, run);
            if (ExecuteAll(body, inner, run) == JinjaFlow.Break)
                break;
        }
        return JinjaFlow.Next;
    }

    /// <summary>Where a recursive loop's variable keeps what calling it does.</summary>
    public const string RecursionKey = "\0call";

    private static JinjaMap LoopVariables(List<object?> items, int i, int depth)
    {
        int count = items.Count;
        return new JinjaMap
        {
            ["index"] = i + 1L,
            ["index0"] = (long)i,
            ["first"] = i == 0,
            ["last"] = i == count - 1,
            ["length"] = (long)count,
            ["revindex"] = (long)(count - i),
            ["revindex0"] = (long)(count - i - 1),
            ["depth"] = depth + 1L,
            ["depth0"] = (long)depth,
            ["previtem"] = i > 0 ? items[i - 1] : new Undefined("loop.previtem"),
            ["nextitem"] = i + 1 < count ? items[i + 1] : new Undefined("loop.nextitem"),
            ["cycle"] = (JinjaFunction)(a => a.Positional.Count > 0 ? a.Positional[i % a.Positional.Count] : throw new JinjaException("nothing to cycle through")),
        };
    }
}

/// <summary>Parameters and body of a macro or call block.</summary>
internal sealed record MacroDefinition(string Name, List<(string Name, JinjaExpression? Default)> Parameters, List<JinjaStatement> Body, int Line)
{
    public JinjaFunction Bind(JinjaScope defining, JinjaRun run) => arguments =>
    {
        JinjaScope scope = new(defining);
        for (int i = 0; i < Parameters.Count; i++)
        {
            (string name, JinjaExpression? fallback) = Parameters[i];
            object? value = i < arguments.Positional.Count ? arguments.Positional[i]
                : arguments.Named.TryGetValue(name, out object? named) ? named
                : fallback is null ? new Undefined(name) : fallback.Evaluate(scope, run);
            scope.Set(name, value);
        }
        scope.Set("caller", arguments.Named.TryGetValue("caller", out object? caller) ? caller : new Undefined("caller"));
        scope.Set("varargs", new JinjaList(arguments.Positional.Skip(Parameters.Count), true));
        run.Enter(Line);
        try
        {
            return run.Capture(() => JinjaStatement.ExecuteAll(Body, scope, run));
        }
        finally
        {
            run.Leave();
        }
    };
}

internal sealed class MacroStatement(MacroDefinition definition, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run)
    {
        scope.Set(definition.Name, definition.Bind(scope, run));
        return JinjaFlow.Next;
    }
}

internal sealed class CallStatement(CallExpression call, MacroDefinition body, int line) : JinjaStatement(line)
{
    public override JinjaFlow Execute(JinjaScope scope, JinjaRun run)
    {
        run.Write(JinjaValues.Str(call.Call(scope, run, body.Bind(scope, run))), Line);
        return JinjaFlow.Next;
    }
}
