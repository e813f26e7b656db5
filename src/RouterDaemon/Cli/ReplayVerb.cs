using System.CommandLine;
using System.Globalization;
using RouterDaemon.Config.Schema;
using RouterDaemon.Core.Routing;
using RouterDaemon.Store;
using RouterDaemon.Store.Context;
using RouterDaemon.Store.Replay;

namespace RouterDaemon.Cli;

/// <summary>
/// <c>routerd replay</c>: the recorded traffic once more. Predicted against actual, sampled decisions taken again from their recorded inputs, and what
/// other policies would have chosen. Reads the store's file; the daemon may run.
/// </summary>
internal static class ReplayVerb
{
    private const string TimeExamples = "24h, 7d, today, \"3 hours ago\" or a time such as 2026-01-31T12:00:00Z";

    public static Command Create(CliHost host)
    {
        var since = new Option<string>("--since") { Description = $"First moment: {TimeExamples}. Default 24h.", HelpName = "TIME", DefaultValueFactory = _ => "24h" };
        var until = new Option<string>("--until") { Description = "First moment that is left out. Default now.", HelpName = "TIME", DefaultValueFactory = _ => "now" };
        var policies = new Option<string>("--policies") { Description = "Names separated by commas; all = every policy, none = predictions only.", DefaultValueFactory = _ => "all" };
        var json = GlobalOptions.Json();
        var command = new Command("replay", "Judge recorded decisions: predictions against measurements, and other policies in their place.") { since, until, policies, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (host.Load(parsed.GetValue(GlobalOptions.Config), out _) is not { } loaded)
            {
                return ExitCode.BadConfiguration;
            }

            try
            {
                var names = Policies(parsed.GetValue(policies)!);
                using var reader = new ContextReader(loaded.Config.EffectiveContextDatabasePath, TimeProvider.System);
                var report = await reader.ReadAsync(
                    (connection, now) => DecisionReplay.Run(
                        connection, Moment("--since", parsed.GetValue(since)!, now), Moment("--until", parsed.GetValue(until)!, now).AddSeconds(1), names,
                        new ProgressBar(host.Error, "replaying"), cancellation: cancellation),
                    cancellation).ConfigureAwait(false);
                if (parsed.GetValue(json))
                {
                    CliJson.Write(host, writer => ReplayJson.Write(writer, report));
                }
                else
                {
                    WriteTables(host, report);
                }

                return ExitCode.Done;
            }
            catch (FormatException e)
            {
                await host.Error.WriteLineAsync($"routerd: {e.Message}").ConfigureAwait(false);
                return ExitCode.WrongUsage;
            }
            catch (Exception e) when (e is StoreException or ContextException)
            {
                await host.Error.WriteLineAsync($"routerd: {e.Message}").ConfigureAwait(false);
                return ExitCode.Failed;
            }
        });
        return command;
    }

    /// <summary>The policies of an option's text.</summary>
    /// <exception cref="FormatException">Names the policy that there is not.</exception>
    public static List<string> Policies(string text)
    {
        if (text == "all")
        {
            return [.. RoutingPolicies.Table.Select(p => p.Name)];
        }

        List<string> names = text == "none" ? [] : [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        foreach (var name in names)
        {
            if (RoutingPolicies.IndexOf(name) < 0)
            {
                throw new FormatException($"--policies: there is no policy \"{name}\"; known are {string.Join(", ", RoutingPolicies.Table.Select(p => p.Name))}");
            }
        }

        return names;
    }

    /// <exception cref="FormatException">The text is no time.</exception>
    private static DateTimeOffset Moment(string option, string text, DateTimeOffset now) =>
        DurationText.TryParse(text, out var span) && span < now - DateTimeOffset.UnixEpoch
            ? now - span
            : TimePhrase.TryParse(text, now, out var time) ? time : throw new FormatException($"{option}: {Quoted.Text(text)} is no time (examples: {TimeExamples})");

    private static void WriteTables(CliHost host, ReplayReport report)
    {
        host.Out.WriteLine($"{report.Requests} requests from {Rfc3339.Format(report.Since)} to {Rfc3339.Format(report.Until)}");
        if (report.Calibration.Count > 0)
        {
            var table = new CliTable("deployment", "requests", "failed", "TTFT ms (measured p50)", "bias", "error p50", "p90", "ITL ms (measured p50)", "bias", "error p50", "p90");
            foreach (var row in report.Calibration)
            {
                table.Add(
                    row.DeploymentId, Text(row.Requests, "0"), Text(row.Failed, "0"),
                    Text(row.Ttft.P50MeasuredMs, "0.0"), Text(row.Ttft.BiasMs, "+0.0;-0.0"), Text(row.Ttft.P50ErrorMs, "0.0"), Text(row.Ttft.P90ErrorMs, "0.0"),
                    Text(row.Itl.P50MeasuredMs, "0.00"), Text(row.Itl.BiasMs, "+0.00;-0.00"), Text(row.Itl.P50ErrorMs, "0.00"), Text(row.Itl.P90ErrorMs, "0.00"));
            }

            table.Write(host);
        }

        var left = report.OtherFormat > 0 ? $", {report.OtherFormat} left out (recorded by another version)" : "";
        host.Out.WriteLine($"{report.Samples} decisions were recorded with their inputs: {report.Reproduced} come out the same to the last bit{left}");
        if (report.Policies.Count < 2 || report.Policies[0].Decisions == 0)
        {
            return;
        }

        var policies = new CliTable("policy", "agrees %", "TTFT ms mean", "p50", "p90", "$/1k", "regret $/1k", "p90 $", "worse", "chooses");
        var best = report.Policies.Skip(1).Min(p => p.RegretUsdPer1k);
        foreach (var p in report.Policies)
        {
            string[] cells =
            [
                p.Name, Text(p.Agreement * 100, "0"), Text(p.TtftMeanMs, "0"), Text(p.TtftP50Ms, "0"), Text(p.TtftP90Ms, "0"), Text(p.CostUsdPer1k, "0.0000"),
                Text(p.RegretUsdPer1k, "0.000"), Text(p.RegretP90Usd, "0.000000"), Text(p.Worse, "0"),
                string.Join(", ", p.Choices.OrderByDescending(c => c.Value).Take(3).Select(c => $"{c.Key} {c.Value}")),
            ];
            policies.Add([.. cells.Select(c => (c, p.Name != DecisionReplay.Recorded && p.RegretUsdPer1k <= best ? Tone.Good : Tone.Plain))]);
        }

        policies.Write(host);
    }

    private static string Text(double value, string format) => double.IsFinite(value) ? value.ToString(format, CultureInfo.InvariantCulture) : "-";
}
