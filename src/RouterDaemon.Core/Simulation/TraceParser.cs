using System.Buffers.Text;
using System.Text.Json;

namespace RouterDaemon.Core.Simulation;

/// <summary>Reads traces from bytes. <see cref="FormatException"/> names the line that does not fit.</summary>
public static class TraceParser
{
    private const int MooncakeBlockTokens = 512;
    private const double MooncakeQuantumSeconds = 3;

    /// <summary>Mooncake JSONL: <c>timestamp</c> (ms, in steps of 3 s), <c>input_length</c>, <c>output_length</c>, <c>hash_ids</c> of 512-token blocks.</summary>
    public static SimTrace ParseMooncake(string name, ReadOnlySpan<byte> text)
    {
        var rows = new TraceRows();
        var line = 0;
        while (!text.IsEmpty)
        {
            var row = NextLine(ref text);
            line++;
            if (row.TrimStart((byte)' ').IsEmpty)
                continue;
            try
            {
                MooncakeRow(row, rows);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
            {
                throw new FormatException($"{name}:{line}: not a Mooncake row: {e.Message}", e);
            }
        }

        return rows.Build(name, MooncakeBlockTokens, MooncakeQuantumSeconds);
    }

    /// <summary>Azure CSV: <c>TIMESTAMP,ContextTokens,GeneratedTokens</c> with a header line.</summary>
    public static SimTrace ParseAzure(string name, ReadOnlySpan<byte> text)
    {
        var rows = new TraceRows();
        var line = 0;
        long? start = null;
        while (!text.IsEmpty)
        {
            var row = NextLine(ref text);
            if (++line == 1 || row.IsEmpty)
                continue;
            var first = row.IndexOf((byte)',');
            var second = first < 0 ? -1 : first + 1 + row[(first + 1)..].IndexOf((byte)',');
            if (second <= first || !TryTimestamp(row[..first], out var ticks) || !TryInt(row[(first + 1)..second], out var input)
                || !TryInt(row[(second + 1)..], out var output))
                throw new FormatException($"{name}:{line}: not TIMESTAMP,ContextTokens,GeneratedTokens");
            start ??= ticks;
            rows.Add((ticks - start.Value) / (double)TimeSpan.TicksPerSecond, input, output);
        }

        return rows.Build(name, 0, 0);
    }

    private static void MooncakeRow(ReadOnlySpan<byte> row, TraceRows rows)
    {
        double timestamp = -1;
        int input = -1, output = -1;
        var reader = new Utf8JsonReader(row);
        var firstBlock = rows.BlockCount;
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.ValueSpan;
            reader.Read();
            if (key.SequenceEqual("timestamp"u8))
                timestamp = reader.GetDouble();
            else if (key.SequenceEqual("input_length"u8))
                input = reader.GetInt32();
            else if (key.SequenceEqual("output_length"u8))
                output = reader.GetInt32();
            else if (key.SequenceEqual("hash_ids"u8))
                while (reader.Read() && reader.TokenType == JsonTokenType.Number)
                    rows.AddBlock((ulong)reader.GetInt64());
            else
                reader.Skip();
        }

        if (timestamp < 0 || input < 0 || output < 0)
            throw new FormatException("timestamp, input_length or output_length is missing");
        rows.KeepBlocks(firstBlock, input / MooncakeBlockTokens); // the last block is partial: engines cache full ones only
        rows.Add(timestamp * 1e-3, input, output);
    }

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)'\n');
        var line = end < 0 ? text : text[..end];
        text = end < 0 ? default : text[(end + 1)..];
        return line.TrimEnd((byte)'\r');
    }

    private static bool TryInt(ReadOnlySpan<byte> text, out int value) =>
        Utf8Parser.TryParse(text, out value, out var used) && used == text.Length && value >= 0;

    /// <summary><c>2023-11-16 18:17:03.9799600</c> as ticks.</summary>
    private static bool TryTimestamp(ReadOnlySpan<byte> text, out long ticks)
    {
        ticks = 0;
        Span<char> chars = stackalloc char[40];
        if (text.Length > chars.Length)
            return false;
        for (var i = 0; i < text.Length; i++)
            chars[i] = (char)text[i];
        if (!DateTime.TryParse(
            chars[..text.Length], System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var time))
            return false;
        ticks = time.Ticks;
        return true;
    }
}
