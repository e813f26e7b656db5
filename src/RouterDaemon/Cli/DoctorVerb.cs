using System.CommandLine;
using RouterDaemon.Cli.Doctor;
using RouterDaemon.Config;

namespace RouterDaemon.Cli;

/// <summary><c>routerd doctor</c>: what works, what does not, what to do. Exit code 1 when something does not work.</summary>
internal static class DoctorVerb
{
    public static Command Create(CliHost host)
    {
        var json = GlobalOptions.Json();
        var command = new Command("doctor", "Look at devices, libraries, ports, disk, configuration and backends.") { json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var sources = host.Sources(parsed.GetValue(GlobalOptions.Config));
            var findings = await FindAsync(sources, cancellation).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                WriteJson(host, findings);
            }
            else
            {
                var table = new CliTable("check", "state", "found", "what to do");
                foreach (var finding in findings)
                {
                    var (word, tone) = finding.State switch
                    {
                        FindingState.Good => ("good", Tone.Good),
                        FindingState.Warning => ("warning", Tone.Warning),
                        _ => ("bad", Tone.Bad),
                    };
                    table.Add((finding.Check, Tone.Strong), (word, tone), (finding.Detail, Tone.Plain), (finding.Advice, Tone.Plain));
                }

                table.Write(host);
            }

            return findings.Exists(f => f.State == FindingState.Bad) ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    private static async Task<List<Finding>> FindAsync(ConfigSources sources, CancellationToken cancellation)
    {
        var result = ConfigLoader.Load(sources);
        var findings = result.Faults.Select(f => new Finding(
            "configuration", f.Severity == FaultSeverity.Error ? FindingState.Bad : FindingState.Warning, f.ToString(), f.Severity == FaultSeverity.Error ? "correct it" : "")).ToList();
        if (result.Loaded is not { } loaded)
        {
            return findings;
        }

        findings.Insert(0, new Finding("configuration", FindingState.Good, loaded.FilePath ?? "no file: defaults and environment"));
        foreach (var check in DoctorChecks.Table)
        {
            findings.AddRange(await check(loaded.Config, cancellation).ConfigureAwait(false));
        }

        return findings;
    }

    private static void WriteJson(CliHost host, List<Finding> findings) => CliJson.Write(host, json =>
    {
        json.WriteStartArray();
        foreach (var finding in findings)
        {
            json.WriteStartObject();
            json.WriteString("check", finding.Check);
            json.WriteString("state", finding.State switch { FindingState.Good => "good", FindingState.Warning => "warning", _ => "bad" });
            json.WriteString("found", finding.Detail);
            json.WriteString("advice", finding.Advice);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
