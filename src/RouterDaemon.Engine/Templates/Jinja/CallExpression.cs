namespace RouterDaemon.Engine.Templates.Jinja;

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
