using System.Globalization;
using System.Text;

namespace RouterDaemon.Engine.Templates.Jinja;

/// <summary>The parts of Python's string formatting that templates use: <c>%s %d %f %x</c>, <c>{}</c>, <c>{name}</c>, dates.</summary>
internal static class JinjaFormat
{
    public static string Percent(string format, object? values)
    {
        List<object?> items = values is JinjaList { IsTuple: true } tuple ? [.. tuple] : [values];
        StringBuilder text = new();
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }
            int start = ++i;
            while (i < format.Length - 1 && (char.IsAsciiDigit(format[i]) || format[i] is '.' or '-' or '+' or ' '))
                i++;
            if (format[i] == '%')
                text.Append('%');
            else if (next < items.Count)
                text.Append(One(format[start..i], format[i], items[next++]));
            else
                throw new JinjaException("not enough values for the format string");
        }
        return text.ToString();
    }

    public static string Braces(string format, JinjaArguments arguments)
    {
        StringBuilder text = new();
        int next = 0;
        for (int i = 0; i < format.Length; i++)
        {
            char c = format[i];
            if (c is '{' or '}' && i + 1 < format.Length && format[i + 1] == c)
            {
                text.Append(c);
                i++;
                continue;
            }
            int end = c == '{' ? format.IndexOf('}', i) : -1;
            if (end < 0)
            {
                text.Append(c);
                continue;
            }
            string[] field = format[(i + 1)..end].Split(':', 2);
            object? value = field[0].Length == 0 ? arguments.Get(next++, "")
                : int.TryParse(field[0], CultureInfo.InvariantCulture, out int position) ? arguments.Get(position, "")
                : arguments.Named.GetValueOrDefault(field[0]);
            text.Append(field.Length == 2 && field[1].Length > 0 && char.IsLetter(field[1][^1]) ? One(field[1][..^1], field[1][^1], value) : JinjaValues.Str(value));
            i = end;
        }
        return text.ToString();
    }

    /// <summary>C's <c>strftime</c>, English names.</summary>
    public static string Date(string format, DateTimeOffset time)
    {
        StringBuilder text = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }
            bool unpadded = format[i + 1] == '-' && i + 2 < format.Length;
            i += unpadded ? 2 : 1;
            string part = format[i] switch
            {
                'd' => time.ToString("dd", CultureInfo.InvariantCulture),
                'm' => time.ToString("MM", CultureInfo.InvariantCulture),
                'Y' => time.ToString("yyyy", CultureInfo.InvariantCulture),
                'y' => time.ToString("yy", CultureInfo.InvariantCulture),
                'b' or 'h' => time.ToString("MMM", CultureInfo.InvariantCulture),
                'B' => time.ToString("MMMM", CultureInfo.InvariantCulture),
                'a' => time.ToString("ddd", CultureInfo.InvariantCulture),
                'A' => time.ToString("dddd", CultureInfo.InvariantCulture),
                'H' => time.ToString("HH", CultureInfo.InvariantCulture),
                'I' => time.ToString("hh", CultureInfo.InvariantCulture),
                'M' => time.ToString("mm", CultureInfo.InvariantCulture),
                'S' => time.ToString("ss", CultureInfo.InvariantCulture),
                'p' => time.ToString("tt", CultureInfo.InvariantCulture),
                'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
                'F' => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                'T' => time.ToString("HH:mm:ss", CultureInfo.InvariantCulture),
                'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
                '%' => "%",
                _ => throw new JinjaException($"strftime_now does not know %{format[i]}"),
            };
            text.Append(unpadded ? part.TrimStart('0') : part);
        }
        return text.ToString();
    }

    private static string One(string flags, char kind, object? value)
    {
        int dot = flags.IndexOf('.');
        int precision = dot >= 0 && int.TryParse(flags.AsSpan(dot + 1), CultureInfo.InvariantCulture, out int p) ? Math.Min(p, 30) : 6;
        string widthText = (dot >= 0 ? flags[..dot] : flags).TrimStart('-', '+', ' ');
        int width = int.TryParse(widthText, CultureInfo.InvariantCulture, out int w) ? Math.Min(w, 1000) : 0;
        string text = kind switch
        {
            's' => JinjaValues.Str(value),
            'r' => JinjaValues.Repr(value),
            'd' or 'i' => ((long)Needed(value)).ToString(CultureInfo.InvariantCulture),
            'f' or 'F' => Needed(value).ToString("F" + precision, CultureInfo.InvariantCulture),
            'x' => ((long)Needed(value)).ToString("x", CultureInfo.InvariantCulture),
            'X' => ((long)Needed(value)).ToString("X", CultureInfo.InvariantCulture),
            _ => throw new JinjaException($"the format %{kind} is not supported"),
        };
        return flags.StartsWith('-') ? text.PadRight(width) : text.PadLeft(width, widthText.StartsWith('0') ? '0' : ' ');
    }

    private static double Needed(object? value) => JinjaValues.Number(value) ?? throw new JinjaException($"a number is needed, not {JinjaValues.TypeName(value)}");
}
