namespace RouterDaemon.Http;

/// <summary>
/// The threads that wait for sockets, and run what waited for them. A request goes from its bytes to the upstream's and back without
/// changing threads, which is most of what a relay can save; so nothing on that way may block (see <see cref="Heat"/>).
/// </summary>
internal static class SocketThreads
{
    private const string Inline = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";
    private const string Threads = "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT";
    private const int MaxThreads = 8;

    /// <summary>
    /// One for every two cores, at most 8: one thread relays tens of thousands of requests a second, and the other cores are wanted by
    /// the inference engine, cold routes and the store. A variable that is set wins.
    /// </summary>
    public static int Count { get; private set; } = Math.Clamp(Environment.ProcessorCount / 2, 1, MaxThreads);

    /// <summary>Tells the runtime, which reads its environment at the first socket. Call it before there is one.</summary>
    public static void Configure()
    {
        if (Environment.GetEnvironmentVariable(Inline) is null)
        {
            Environment.SetEnvironmentVariable(Inline, "1");
        }

        if (int.TryParse(Environment.GetEnvironmentVariable(Threads), out var threads) && threads > 0)
        {
            Count = threads;
        }
        else
        {
            Environment.SetEnvironmentVariable(Threads, Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }
}
