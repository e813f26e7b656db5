using System.Text;
using Spectre.Console;

namespace RouterDaemon.Cli;

/// <summary>A table: drawn on a terminal, aligned columns anywhere else, so that the text can be cut and compared.</summary>
internal sealed class CliTable(params string[] columns)
{
    private readonly List<(string Text, Tone Tone)[]> _rows = [];

    public int Rows => _rows.Count;

    public void Add(params (string Text, Tone Tone)[] cells) => _rows.Add(cells);

    public void Add(params string[] cells) => _rows.Add(Array.ConvertAll(cells, static c => (c, Tone.Plain)));

    public void Write(CliHost host)
    {
        if (host.OutIsTerminal)
        {
            Draw(host.Out);
        }
        else
        {
            WritePlain(host.Out);
        }
    }

    private void Draw(TextWriter output)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.No, Out = new AnsiConsoleOutput(output) });
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold))));
        }

        foreach (var row in _rows)
        {
            table.AddRow(Array.ConvertAll(row, static c => new Text(Printable(c.Text), StyleOf(c.Tone))));
        }

        console.Write(table);
    }

    private void WritePlain(TextWriter output)
    {
        var widths = columns.Select((c, i) => _rows.Select(r => i < r.Length ? Printable(r[i].Text).Length : 0).Append(c.Length).Max()).ToArray();
        WriteLine(output, columns, widths);
        foreach (var row in _rows)
        {
            WriteLine(output, Array.ConvertAll(row, static c => Printable(c.Text)), widths);
        }
    }

    private static void WriteLine(TextWriter output, string[] cells, int[] widths)
    {
        var line = new StringBuilder();
        for (var i = 0; i < cells.Length; i++)
        {
            line.Append(cells[i].PadRight(widths[i] + 2));
        }

        output.WriteLine(line.ToString().TrimEnd());
    }

    // Text from a server or a file must not move the terminal's cursor.
    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));

    private static Style StyleOf(Tone tone) => tone switch
    {
        Tone.Good => new Style(Color.Green),
        Tone.Warning => new Style(Color.Yellow),
        Tone.Bad => new Style(Color.Red),
        Tone.Dim => new Style(Color.Grey),
        Tone.Strong => new Style(decoration: Decoration.Bold),
        _ => Style.Plain,
    };
}
