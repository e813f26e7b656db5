namespace RouterDaemon.Engine.Grammar;

/// <summary>GBNF of the string formats of JSON Schema 2020-12, section 7.3, without quotes.</summary>
internal static class StringFormats
{
    // Days stop at 28 in February and at 30 in short months, so that every date exists.
    private const string Date =
        "[0-9]{4} \"-\" ((\"01\" | \"03\" | \"05\" | \"07\" | \"08\" | \"10\" | \"12\") \"-\" (\"0\" [1-9] | [1-2] [0-9] | \"3\" [0-1])"
        + " | (\"04\" | \"06\" | \"09\" | \"11\") \"-\" (\"0\" [1-9] | [1-2] [0-9] | \"30\") | \"02-\" (\"0\" [1-9] | \"1\" [0-9] | \"2\" [0-8]))";

    private const string Time =
        "([0-1] [0-9] | \"2\" [0-3]) \":\" [0-5] [0-9] \":\" [0-5] [0-9] (\".\" [0-9]{1,6})? (\"Z\" | [-+] ([0-1] [0-9] | \"2\" [0-3]) \":\" [0-5] [0-9])";

    private const string Octet = "(\"25\" [0-5] | \"2\" [0-4] [0-9] | \"1\" [0-9] [0-9] | [1-9] [0-9] | [0-9])";

    private const string Label = "[a-z] ([a-z0-9-]{0,20} [a-z0-9])?";

    private static readonly Dictionary<string, string> Formats = new(StringComparer.Ordinal)
    {
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = $"[1-9] {Date.Replace("[0-9]{4}", "[0-9]{3}", StringComparison.Ordinal)} \"T\" {Time}",
        ["uuid"] = "[0-9a-f]{8} \"-\" [0-9a-f]{4} \"-\" [0-9a-f]{4} \"-\" [0-9a-f]{4} \"-\" [0-9a-f]{12}",
        ["ipv4"] = $"{Octet} \".\" {Octet} \".\" {Octet} \".\" {Octet}",
        ["ipv6"] = "[0-9a-f]{1,4} (\":\" [0-9a-f]{1,4}){7}",
        ["hostname"] = $"{Label} (\".\" {Label}){{0,3}}",
        ["email"] = $"[a-zA-Z0-9] ([a-zA-Z0-9._+-]{{0,30}} [a-zA-Z0-9])? \"@\" {Label} (\".\" {Label}){{1,3}}",
        ["uri"] = $"(\"http\" \"s\"? \"://\") {Label} (\".\" {Label}){{0,3}} (\"/\" [a-zA-Z0-9._~-]{{0,30}}){{0,6}}",
    };

    public static string? Find(string name) => Formats.GetValueOrDefault(name);
}
