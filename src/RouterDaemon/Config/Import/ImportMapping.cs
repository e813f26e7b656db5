using RouterDaemon.Config.Schema;
using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config.Import;

/// <summary>A mapping that is taken apart key by key: what nobody took is reported as unsupported, so that nothing is lost in silence.</summary>
internal sealed class ImportMapping(ConfigNode? node, string path, ImportReport report)
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    public string Path => path;

    public ConfigNode? Node => node;

    /// <summary>Path of a key of this mapping.</summary>
    public string At(string key) => Quoted.Key(path, key);

    /// <summary>The value of a key; null when it is absent or null.</summary>
    public ConfigNode? Take(string key)
    {
        _taken.Add(key);
        var value = node is ConfigMapping mapping ? mapping.Entries.FirstOrDefault(e => e.Key.Text == key).Value : null;
        return value is ConfigScalar { IsNull: true } ? null : value;
    }

    /// <summary>The value of a key as text; null when it is absent, null, a list or a mapping.</summary>
    public string? Text(string key, out ConfigNode at)
    {
        var value = Take(key);
        at = value ?? node!;
        return (value as ConfigScalar)?.Text;
    }

    /// <summary>The value of a key as a number; null when it is none.</summary>
    public double? Number(string key, out ConfigNode at) =>
        double.TryParse(Text(key, out at), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : null;

    public ImportMapping Map(string key) => new(Take(key), At(key), report);

    /// <summary>The items of a list, or a single value as a list of one.</summary>
    public IEnumerable<(ConfigNode Node, string Path)> List(string key) => Take(key) switch
    {
        null => [],
        ConfigSequence list => list.Items.Select((item, i) => (item, Quoted.Index(At(key), i))),
        var single => [(single, At(key))],
    };

    public IEnumerable<KeyValuePair<ConfigScalar, ConfigNode>> Entries => node is ConfigMapping mapping ? mapping.Entries : [];

    /// <summary>Reports every key that was not taken.</summary>
    public void Rest(string why = "has no counterpart")
    {
        foreach (var (key, _) in Entries.Where(e => !_taken.Contains(e.Key.Text)))
        {
            report.Unsupported(key, At(key.Text), why);
        }
    }
}
