namespace RouterDaemon.Store.Context.Sql;

/// <summary>What a piece of SQL text is.</summary>
internal enum SqlTokenKind
{
    Word,
    QuotedName,
    Text,
    Number,
    Parameter,
    Symbol,
}
