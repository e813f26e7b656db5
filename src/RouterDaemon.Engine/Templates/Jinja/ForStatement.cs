namespace RouterDaemon.Engine.Templates.Jinja;

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
