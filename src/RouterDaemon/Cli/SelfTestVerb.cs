using System.CommandLine;
using RouterDaemon.Cli.SelfTest;

namespace RouterDaemon.Cli;

/// <summary><c>routerd selftest</c>: exit 0, or 1 and what failed.</summary>
internal static class SelfTestVerb
{
    public static Command Create(CliHost host)
    {
        var json = GlobalOptions.Json();
        var command = new Command("selftest", "The shipped binary checks itself.") { json };
        command.SetAction(parsed =>
        {
            var results = SelfTests.Table.Select(t => (t.Name, Problem: Run(t.Run))).ToList();
            if (parsed.GetValue(json))
            {
                CliJson.Write(host, writer =>
                {
                    writer.WriteStartArray();
                    foreach (var (name, problem) in results)
                    {
                        writer.WriteStartObject();
                        writer.WriteString("check", name);
                        writer.WriteBoolean("ok", problem is null);
                        writer.WriteString("problem", problem);
                        writer.WriteEndObject();
                    }

                    writer.WriteEndArray();
                });
            }
            else
            {
                var table = new CliTable("check", "result");
                foreach (var (name, problem) in results)
                {
                    table.Add((name, Tone.Plain), problem is null ? ("passed", Tone.Good) : (problem, Tone.Bad));
                }

                table.Write(host);
            }

            var failed = results.Count(r => r.Problem is not null);
            host.Error.WriteLine($"{results.Count - failed} passed, {failed} failed");
            return failed == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    private static string? Run(Func<string?> test)
    {
        try
        {
            return test();
        }
        catch (Exception failed)
        {
            return $"{failed.GetType().Name}: {failed.Message}";
        }
    }
}
