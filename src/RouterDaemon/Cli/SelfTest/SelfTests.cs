namespace RouterDaemon.Cli.SelfTest;

/// <summary>
/// THE table of checks that the shipped binary runs on itself: what a trimmed, native build could have lost. A check answers null or
/// what is wrong; what it throws counts as wrong too. To add one: its method, one line here.
/// </summary>
internal static class SelfTests
{
    public static IReadOnlyList<(string Name, Func<string?> Run)> Table { get; } =
    [
        ("llama.cpp: libraries, imports, ABI", LibraryTests.Llama),
        ("SQLite: library, write, read", LibraryTests.Sqlite),
        ("configuration: reads what it shows", ConfigTests.RoundTrip),
        ("configuration: shipped schema is this binary's", ConfigTests.ShippedSchema),
        ("configuration: a fault is found and located", ConfigTests.Fault),
        ("routing: every policy decides without allocating", RoutingTests.PoliciesAllocateNothing),
    ];
}
