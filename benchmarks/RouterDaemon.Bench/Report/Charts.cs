using System.Globalization;
using System.Text;
using RouterDaemon.Bench.Load;

namespace RouterDaemon.Bench.Report;

/// <summary>One SVG page with a bar chart for each scenario and figure; the whisker is the spread over the rounds. Opens without network.</summary>
internal static class Charts
{
    private const int Columns = 3;
    private const int CellWidth = 340;
    private const int BarHeight = 18;
    private const int Gap = 8;
    private const int LabelWidth = 70;
    private const int ValueWidth = 70;
    private static readonly string[] Colours = ["#8a8f98", "#3a7d44", "#b5651d", "#2b5fa4", "#7b4fa3", "#a33a4f"];

    public static string Draw(Comparison comparison)
    {
        var body = new StringBuilder();
        int cellHeight = 34 + (comparison.Targets.Count * (BarHeight + Gap));
        int cell = 0;
        foreach (string scenario in comparison.Scenarios)
        {
            foreach ((string title, string unit, Func<LoadResult, double> value, bool added) in Comparison.Figures)
            {
                double?[] values = [.. comparison.Targets.Select(t => comparison.Median(t, scenario, value, added))];
                if (values.All(v => v is null or 0))
                    continue;
                int x = cell % Columns * CellWidth;
                int y = (cell / Columns * (cellHeight + 12)) + 40;
                body.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate({x + 10},{y})\"><text class=\"t\" y=\"12\">{scenario}: {title}{(unit.Length > 0 ? $", {unit}" : "")}</text>");
                Bars(body, comparison, scenario, value, added, values);
                body.Append("</g>\n");
                cell++;
            }
        }

        int rows = (cell + Columns - 1) / Columns;
        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{Columns * CellWidth}" height="{(rows * (cellHeight + 12)) + 50}" font-family="sans-serif" font-size="11">
            <style>.t{"{"}font-weight:bold{"}"} rect.b{"{"}fill:#ffffff{"}"}</style>
            <rect class="b" width="100%" height="100%"/>
            <text x="10" y="20" font-size="15">Relay: targets measured in one run (median over rounds, whisker = spread)</text>
            {body}</svg>

            """;
    }

    private static void Bars(StringBuilder body, Comparison comparison, string scenario, Func<LoadResult, double> value, bool added, double?[] values)
    {
        double top = Math.Max(1e-9, values.Max(v => v ?? 0));
        const double Room = CellWidth - 20 - LabelWidth - ValueWidth;
        for (int i = 0; i < values.Length; i++)
        {
            int y = 22 + (i * (BarHeight + Gap));
            body.Append(CultureInfo.InvariantCulture, $"<text y=\"{y + 13}\">{comparison.Targets[i]}</text>");
            if (values[i] is not { } v)
                continue;
            double width = Math.Max(0, v / top * Room);
            body.Append(CultureInfo.InvariantCulture, $"<rect x=\"{LabelWidth}\" y=\"{y}\" width=\"{width:F1}\" height=\"{BarHeight}\" fill=\"{Colours[i % Colours.Length]}\"/>");
            body.Append(CultureInfo.InvariantCulture, $"<text x=\"{LabelWidth + width + 6:F1}\" y=\"{y + 13}\">{v:F1}</text>");
            (double low, double high) = comparison.Spread(comparison.Targets[i], scenario, value);
            if (added || high <= low)
                continue;
            double from = LabelWidth + Math.Min(low / top, 1) * Room;
            double to = LabelWidth + Math.Min(high / top, 1) * Room;
            body.Append(CultureInfo.InvariantCulture, $"<path d=\"M{from:F1} {y + BarHeight + 2}H{to:F1}\" stroke=\"#222222\"/>");
        }
    }
}
