using System.Globalization;
using System.Text;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.Simulation;

namespace RouterDaemon.Benchmarks;

/// <summary>Draws goodput, or utility where money counts, over load: one panel for each cell.</summary>
internal static class RoutingChart
{
    private const int Columns = 3, Width = 330, Height = 230, Left = 46, Top = 40, PlotWidth = 260, PlotHeight = 150, Legend = 46;

    private static readonly (string Policy, string Colour, string Dash)[] Lines =
    [
        (Simulator.Clairvoyant, "#8a8f98", "5 4"), (RoutingPolicies.DefaultName, "#d1495b", ""), ("lmetric", "#00798c", ""), ("min_ttft", "#edae49", ""),
        ("llmd_optimized", "#30638e", ""), ("least_request", "#7a9e7e", ""), ("static_chain", "#9b72aa", ""), ("round_robin", "#444444", "2 3"),
    ];

    public static string Draw(IReadOnlyList<RoutingResult> rows)
    {
        var cells = RoutingCell.All.Where(c => c.IsCharted && rows.Any(r => r.Cell == c.Name)).ToList();
        var height = (Height * ((cells.Count + Columns - 1) / Columns)) + Legend;
        var svg = new StringBuilder();
        Add(svg, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Columns * Width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"11\">");
        Add(svg, $"<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>");
        for (var i = 0; i < Lines.Length; i++)
        {
            var x = 20 + (i * 120);
            Add(svg, $"<line x1=\"{x}\" y1=\"20\" x2=\"{x + 22}\" y2=\"20\" stroke=\"{Lines[i].Colour}\" stroke-width=\"2\" stroke-dasharray=\"{Lines[i].Dash}\"/>");
            Add(svg, $"<text x=\"{x + 27}\" y=\"24\" fill=\"#222222\">{Lines[i].Policy}</text>");
        }

        for (var i = 0; i < cells.Count; i++)
            Panel(svg, cells[i], rows, i % Columns * Width, Legend + (i / Columns * Height));
        Add(svg, $"</svg>");
        return svg.ToString();
    }

    private static void Panel(StringBuilder svg, RoutingCell cell, IReadOnlyList<RoutingResult> rows, int atX, int atY)
    {
        double ValueOf(RoutingResult row) => cell.HasPrices ? row.Utility : row.Goodput * 100;
        var own = rows.Where(r => r.Cell == cell.Name).ToList();
        var best = own.Max(ValueOf);
        // A policy that collapses leaves the panel at its lower edge: the others must stay apart.
        var most = cell.HasPrices ? Math.Ceiling(best) : 100;
        var least = cell.HasPrices ? Math.Floor(best - 12) : 0;
        double X(int load) => atX + Left + (PlotWidth * (load + 0.5) / cell.Loads.Length);
        double Y(double value) => atY + Top + (PlotHeight * (most - Math.Clamp(value, least, most)) / (most - least));
        Add(svg, $"<text x=\"{atX + Left}\" y=\"{atY + 16}\" fill=\"#222222\" font-weight=\"bold\">{cell.Title.Split(" (")[0]}</text>");
        Add(svg, $"<text x=\"{atX + Left}\" y=\"{atY + 31}\" fill=\"#555555\">{(cell.HasPrices ? "utility, USD per 1,000 requests" : "goodput %")} over load</text>");
        for (var i = 0; i <= 4; i++)
        {
            var value = least + ((most - least) * i / 4);
            Add(svg, $"<line x1=\"{atX + Left}\" y1=\"{Y(value):F1}\" x2=\"{atX + Left + PlotWidth}\" y2=\"{Y(value):F1}\" stroke=\"#e3e3e3\"/>");
            Add(svg, $"<text x=\"{atX + Left - 6}\" y=\"{Y(value) + 4:F1}\" text-anchor=\"end\" fill=\"#555555\">{value:F0}</text>");
        }

        for (var i = 0; i < cell.Loads.Length; i++)
            Add(svg, $"<text x=\"{X(i):F1}\" y=\"{atY + Top + PlotHeight + 16}\" text-anchor=\"middle\" fill=\"#555555\">{cell.Loads[i]}</text>");
        foreach (var (policy, colour, dash) in Lines)
        {
            var points = own.Where(r => r.Policy == policy).Select(r => (Load: Array.IndexOf(cell.Loads, r.Load), Value: ValueOf(r))).OrderBy(p => p.Load).ToList();
            if (points.Count == 0)
                continue;
            var path = string.Join(' ', points.Select(p => FormattableString.Invariant($"{X(p.Load):F1},{Y(p.Value):F1}")));
            Add(svg, $"<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>");
            foreach (var (load, value) in points)
                Add(svg, $"<circle cx=\"{X(load):F1}\" cy=\"{Y(value):F1}\" r=\"2.5\" fill=\"{colour}\"/>");
        }
    }

    private static void Add(StringBuilder svg, FormattableString line) => svg.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
