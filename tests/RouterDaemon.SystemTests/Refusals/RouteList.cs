using System.Text.RegularExpressions;
using RouterDaemon.SystemTests.Support;

namespace RouterDaemon.SystemTests.Refusals;

/// <summary>Every endpoint: the rows of the daemon's own route table, read from its source, and one path that is none.</summary>
internal static partial class RouteList
{
    public static readonly (string Method, string Path)[] All = [.. Rows(), ("POST", "/no/such/route")];

    private static IEnumerable<(string, string)> Rows()
    {
        string table = File.ReadAllText(Path.Combine(DaemonBinary.RepositoryRoot, "src", "RouterDaemon", "Http", "Routes.cs"));
        MatchCollection rows = Row().Matches(table);
        if (rows.Count < 10)
            throw new InvalidDataException($"only {rows.Count} rows found in Http/Routes.cs: has the table's form changed?");
        return rows.Select(m => (m.Groups[1].Value, m.Groups[2].Value.Replace("{id}", "tiny", StringComparison.Ordinal)));
    }

    [GeneratedRegex("""new\("(GET|POST|PUT|DELETE|PATCH)", "(/[^"]*)", Heat\.""")]
    private static partial Regex Row();
}
