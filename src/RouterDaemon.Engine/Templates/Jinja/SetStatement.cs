namespace RouterDaemon.Engine.Templates.Jinja;

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
