using RouterDaemon.Bench.Mock;

namespace RouterDaemon.Bench;

/// <summary>The verbs of <c>routerd-bench</c>.</summary>
internal static class BenchCommands
{
    private const string Usage = """
        usage: routerd-bench mock [--port N] [--behaviour SPEC] [--models a,b]
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            var options = new CommandOptions(args);
            switch (args.Length == 0 ? "" : args[0])
            {
                case "mock":
                    return await MockAsync(options);
                default:
                    await Console.Error.WriteLineAsync(Usage);
                    return 2;
            }
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync($"routerd-bench: {e.Message}\n{Usage}");
            return 2;
        }
    }

    private static async Task<int> MockAsync(CommandOptions options)
    {
        int port = options.Int("port", 0);
        MockBehaviour behaviour = MockSpec.Parse(options.Text("behaviour", ""));
        string[] models = options.Text("models", "mock-model").Split(',');
        options.RefuseUnknown();
        await using MockUpstream upstream = MockUpstream.Start(port);
        upstream.Default = behaviour;
        upstream.Models = models;
        upstream.Record = false;
        Console.WriteLine(upstream.Url);
        var stop = new TaskCompletionSource();
        using var term = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, c => { c.Cancel = true; stop.TrySetResult(); });
        using var interrupt = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGINT, c => { c.Cancel = true; stop.TrySetResult(); });
        await stop.Task;
        return 0;
    }
}
