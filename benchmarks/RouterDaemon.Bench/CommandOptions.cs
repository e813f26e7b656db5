using System.Globalization;

namespace RouterDaemon.Bench;

/// <summary><c>--name value</c> pairs behind a verb.</summary>
internal sealed class CommandOptions
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    /// <exception cref="FormatException">An argument that is no option, or an option without value.</exception>
    public CommandOptions(string[] args)
    {
        for (int i = 1; i < args.Length; i += 2)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
                throw new FormatException($"'{args[i]}' is not an option");
            if (i + 1 == args.Length)
                throw new FormatException($"{args[i]} needs a value");
            string name = args[i][2..];
            if (name == "header")
                Headers.Add(args[i + 1]);
            else
                _values[name] = args[i + 1];
        }
    }

    /// <summary>Values of <c>--header</c>, which may be repeated.</summary>
    public List<string> Headers { get; } = [];

    public string Text(string name, string fallback)
    {
        _read.Add(name);
        return _values.GetValueOrDefault(name, fallback);
    }

    public double Number(string name, double fallback)
    {
        string text = Text(name, "");
        if (text.Length == 0)
            return fallback;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new FormatException($"--{name}: '{text}' is not a number");
    }

    public int Int(string name, int fallback) => (int)Number(name, fallback);

    /// <exception cref="FormatException">An option was given that the verb did not read.</exception>
    public void RefuseUnknown()
    {
        foreach (string name in _values.Keys)
        {
            if (!_read.Contains(name))
                throw new FormatException($"unknown option --{name}");
        }
    }
}
