namespace RouterDaemon.Store.Context.Sql;

/// <summary>One token; <paramref name="Value"/> is the word in upper case, or the content without quotes.</summary>
internal readonly record struct SqlToken(SqlTokenKind Kind, string Value, int Start, int End)
{
    public bool IsWord(string upper) => Kind == SqlTokenKind.Word && Value == upper;

    public bool IsSymbol(char symbol) => Kind == SqlTokenKind.Symbol && Value[0] == symbol;
}
