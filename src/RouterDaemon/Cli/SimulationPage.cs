using System.Globalization;
using System.Net;
using System.Text;
using RouterDaemon.Core.Simulation;

namespace RouterDaemon.Cli;

/// <summary>A simulation as one HTML page with SVG bars; nothing is loaded from anywhere.</summary>
internal static class SimulationPage
{
    private const int BarWidth = 420;

    private static readonly (string Title, Func<PolicySummary, double> Value, string Format)[] Charts =
    [
        ("Goodput, % of requests within both objectives", p => p.Goodput * 100, "0.0"),
        ("TTFT p50, s", p => p.TtftMs.P50 / 1e3, "0.00"),
        ("TTFT p99, s", p => p.TtftMs.P99 / 1e3, "0.0"),
        ("TPOT mean, ms", p => p.TpotMs.Mean, "0.0"),
        ("Prefix cache hits, % of prompt tokens", p => p.HitRate * 100, "0.0"),
        ("Utility, USD per 1,000 requests", p => p.Utility, "0.00"),
    ];

    public static string Write(SimulationResult result)
    {
        var options = result.Options;
        var page = new StringBuilder("<!doctype html><meta charset=\"utf-8\"><title>routerd simulate</title>")
            .Append("<style>body{font:14px system-ui;margin:2em;max-width:60em}svg{display:block}h2{font-size:1em;margin:1.5em 0 .3em}</style>");
        page.Append(CultureInfo.InvariantCulture,
            $"<h1>{Html(options.Trace.Name)} on {Html(options.Fleet.Name)}</h1><p>load {options.Load}, {options.Seeds} seeds, gauges every {options.StalenessMs} ms, objectives TTFT {options.SloTtftMs} ms and TPOT {options.SloTpotMs} ms</p>");
        foreach (var (title, value, format) in Charts)
        {
            page.Append(CultureInfo.InvariantCulture, $"<h2>{Html(title)}</h2>");
            Bars(page, result.Policies, value, format);
        }

        return page.ToString();
    }

    private static void Bars(StringBuilder page, IReadOnlyList<PolicySummary> policies, Func<PolicySummary, double> value, string format)
    {
        var most = Math.Max(1e-9, policies.Max(p => Math.Max(0, value(p))));
        page.Append(CultureInfo.InvariantCulture, $"<svg width=\"760\" height=\"{(policies.Count * 22) + 4}\" role=\"img\">");
        for (var i = 0; i < policies.Count; i++)
        {
            var number = value(policies[i]);
            var width = Math.Max(0, number) / most * BarWidth;
            var color = policies[i].Name == "priced" ? "#0b7" : policies[i].Name == Simulator.Clairvoyant ? "#999" : "#48c";
            page.Append(CultureInfo.InvariantCulture,
                $"<text x=\"150\" y=\"{(i * 22) + 16}\" text-anchor=\"end\">{Html(policies[i].Name)}</text><rect x=\"160\" y=\"{(i * 22) + 3}\" width=\"{width:0.#}\" height=\"16\" fill=\"{color}\"/><text x=\"{166 + width:0.#}\" y=\"{(i * 22) + 16}\">{number.ToString(format, CultureInfo.InvariantCulture)}</text>");
        }

        page.Append("</svg>");
    }

    private static string Html(string text) => WebUtility.HtmlEncode(text);
}
