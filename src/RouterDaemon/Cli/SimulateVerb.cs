using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.Simulation;
using RouterDaemon.Store;
using RouterDaemon.Store.Context;

namespace RouterDaemon.Cli;

/// <summary><c>routerd simulate</c>: policies on a trace and a fleet, in the simulator that drives the daemon's own policy code.</summary>
internal static class SimulateVerb
{
    public static Command Create(CliHost host)
    {
        var trace = new Option<string>("--trace") { Description = "Mooncake JSONL, Azure CSV, or recorded: the requests in the context store.", HelpName = "FILE", Required = true };
        var fleet = new Option<string>("--fleet") { Description = "homogeneous-8, mixed-8, local-cluster-api, or a YAML file.", HelpName = "FLEET", DefaultValueFactory = _ => "homogeneous-8" };
        var policies = new Option<string>("--policies") { Description = "Names separated by commas; all = every policy and the clairvoyant ceiling.", DefaultValueFactory = _ => "all" };
        var seeds = Number("--seeds", "Runs with different jitter, 1 to 1000.", 1);
        var load = Number("--load", "Arrival gaps are divided by this.", 1);
        var staleness = Number("--staleness-ms", "Gauges are polled this often; 0 = never.", 50);
        var ttft = Number("--slo-ttft-ms", "Objective for the first token.", 3000);
        var tpot = Number("--slo-tpot-ms", "Objective for the time between tokens.", 60);
        var alpha = new Option<double?>("--alpha") { Description = "Weight of the harm to others; default the preset's." };
        var noise = Number("--noise", "Spread of the estimate of prompt tokens.", 0);
        var html = new Option<string?>("--html") { Description = "Also write a page with charts.", HelpName = "FILE" };
        var json = GlobalOptions.Json();
        var command = new Command("simulate", "Compare routing policies on a trace.") { trace, fleet, policies, seeds, load, staleness, ttft, tpot, alpha, noise, html, json };
        command.SetAction((parsed, cancellation) => Task.Run(async () =>
        {
            SimulationOptions options;
            try
            {
                var names = parsed.GetValue(policies)!;
                options = new SimulationOptions
                {
                    Trace = parsed.GetValue(trace) is RecordedTrace.Name ? await RecordedTrace.ReadAsync(host, parsed, cancellation).ConfigureAwait(false) : ReadTrace(parsed.GetValue(trace)!),
                    Fleet = SimFleetFile.Read(parsed.GetValue(fleet)!),
                    Policies = names == "all" ? [.. RoutingPolicies.Table.Select(p => p.Name), Simulator.Clairvoyant] : CheckPolicies(names),
                    Seeds = (int)Between(parsed.GetValue(seeds), 1, 1000, "--seeds"),
                    Load = Between(parsed.GetValue(load), 0.001, 1000, "--load"),
                    StalenessMs = Between(parsed.GetValue(staleness), 0, 1e6, "--staleness-ms"),
                    SloTtftMs = Between(parsed.GetValue(ttft), 1, 1e7, "--slo-ttft-ms"),
                    SloTpotMs = Between(parsed.GetValue(tpot), 1, 1e6, "--slo-tpot-ms"),
                    Alpha = parsed.GetValue(alpha),
                    Noise = Between(parsed.GetValue(noise), 0, 10, "--noise"),
                };
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

            var result = Simulator.Run(options, new ProgressBar(host.Error, "simulating"), cancellation);
            if (parsed.GetValue(html) is { } page)
            {
                File.WriteAllText(Path.GetFullPath(page), SimulationPage.Write(result));
            }

            if (parsed.GetValue(json))
            {
                CliJson.Write(host, writer => WriteJson(writer, result));
            }
            else
            {
                WriteTable(host, result);
            }

            return ExitCode.Done;
        }, cancellation));
        return command;
    }

    private static Option<double> Number(string name, string description, double fallback) =>
        new(name) { Description = $"{description} Default {fallback.ToString(CultureInfo.InvariantCulture)}.", DefaultValueFactory = _ => fallback };

    private static double Between(double value, double min, double max, string name) => value >= min && value <= max
        ? value
        : throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}; it must lie from {min} to {max}"));

    private static string[] CheckPolicies(string names)
    {
        var list = names.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in list)
        {
            if (name != Simulator.Clairvoyant && RoutingPolicies.IndexOf(name) < 0)
            {
                throw new FormatException($"--policies: there is no policy \"{name}\"; known are {string.Join(", ", RoutingPolicies.Table.Select(p => p.Name))}, {Simulator.Clairvoyant}");
            }
        }

        return list.Length > 0 ? list : throw new FormatException("--policies is empty");
    }

    private static SimTrace ReadTrace(string file)
    {
        var bytes = File.ReadAllBytes(Path.GetFullPath(file));
        var name = Path.GetFileNameWithoutExtension(file);
        return Path.GetExtension(file).Equals(".csv", StringComparison.OrdinalIgnoreCase)
            ? TraceParser.ParseAzure(name, bytes)
            : TraceParser.ParseMooncake(name, bytes);
    }

    private static void WriteTable(CliHost host, SimulationResult result)
    {
        var table = new CliTable("policy", "goodput %", "TTFT mean s", "p50", "p90", "p99", "TPOT mean ms", "p99", "E2E s", "hit %", "$/1k", "utility", "rejected");
        var best = result.Policies.Where(p => p.Name != Simulator.Clairvoyant).Max(p => p.Goodput);
        foreach (var p in result.Policies)
        {
            string[] cells =
            [
                p.Name, Text(p.Goodput * 100, "0.0") + (result.Options.Seeds > 1 ? "±" + Text(p.GoodputSd * 100, "0.0") : ""), Text(p.TtftMs.Mean / 1e3, "0.00"),
                Text(p.TtftMs.P50 / 1e3, "0.00"), Text(p.TtftMs.P90 / 1e3, "0.00"), Text(p.TtftMs.P99 / 1e3, "0.0"), Text(p.TpotMs.Mean, "0.0"),
                Text(p.TpotMs.P99, "0"), Text(p.E2eMs.Mean / 1e3, "0.00"), Text(p.HitRate * 100, "0.0"), Text(p.CostUsdPer1k, "0.00"), Text(p.Utility, "0.00"), Text(p.Rejected, "0"),
            ];
            table.Add([.. cells.Select(c => (c, p.Goodput >= best ? Tone.Good : Tone.Plain))]);
        }

        table.Write(host);
    }

    private static void WriteJson(Utf8JsonWriter json, SimulationResult result)
    {
        var options = result.Options;
        json.WriteStartObject();
        json.WriteString("trace", options.Trace.Name);
        json.WriteString("fleet", options.Fleet.Name);
        json.WriteNumber("load", options.Load);
        json.WriteNumber("seeds", options.Seeds);
        json.WriteStartObject("slo");
        json.WriteNumber("ttft_ms", options.SloTtftMs);
        json.WriteNumber("tpot_ms", options.SloTpotMs);
        json.WriteEndObject();
        json.WriteStartArray("policies");
        foreach (var p in result.Policies)
        {
            json.WriteStartObject();
            json.WriteString("name", p.Name);
            json.WriteStartObject("ttft_ms");
            Figures(json, ("mean", p.TtftMs.Mean), ("p50", p.TtftMs.P50), ("p90", p.TtftMs.P90), ("p99", p.TtftMs.P99));
            json.WriteEndObject();
            json.WriteStartObject("tpot_ms");
            Figures(json, ("mean", p.TpotMs.Mean), ("p99", p.TpotMs.P99));
            json.WriteEndObject();
            json.WriteStartObject("e2e_ms");
            Figures(json, ("mean", p.E2eMs.Mean), ("p99", p.E2eMs.P99));
            json.WriteEndObject();
            Figures(json, ("hit_rate", p.HitRate), ("goodput", p.Goodput), ("goodput_sd", p.GoodputSd), ("cost_usd_per_1k", p.CostUsdPer1k), ("utility", p.Utility), ("rejected", p.Rejected));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Figures(Utf8JsonWriter json, params ReadOnlySpan<(string Name, double Value)> figures)
    {
        foreach (var (name, value) in figures)
        {
            json.WriteNumber(name, Math.Round(value, 6));
        }
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
