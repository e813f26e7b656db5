using System.Diagnostics.CodeAnalysis;
using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config.Schema;

/// <summary>One reading of one source: what values depend on, where they stood, what is wrong with them.</summary>
internal sealed class BindContext(string source, IReadOnlyDictionary<string, string> environment, string baseDirectory, string userDirectory)
{
    private readonly Dictionary<string, ConfigNode> _places = new(StringComparer.Ordinal);

    public string Source => source;

    public IReadOnlyDictionary<string, string> Environment => environment;

    public List<ConfigFault> Faults { get; } = [];

    public bool HasErrors => Faults.Exists(f => f.Severity == FaultSeverity.Error);

    /// <summary>True when the path was written in the source, so that a later check can tell a default from a choice.</summary>
    public bool IsWritten(string path) => _places.ContainsKey(path);

    public void Remember(string path, ConfigNode node) => _places[path] = node;

    public void Error(ConfigNode at, string path, string message) =>
        Faults.Add(new ConfigFault(FaultSeverity.Error, source, at.Line, at.Column, path, message));

    /// <summary>For checks across values: the place is that of the nearest part of the path that was written.</summary>
    public void Report(FaultSeverity severity, string path, string message)
    {
        var at = Nearest(path);
        Faults.Add(new ConfigFault(severity, source, at?.Line ?? 0, at?.Column ?? 0, path, message));
    }

    /// <summary>Text with <c>${VAR}</c> replaced; false after a fault.</summary>
    public bool TryText(ConfigNode node, string path, string expected, [NotNullWhen(true)] out string? text, out string shown)
    {
        text = null;
        shown = "";
        if (node is not ConfigScalar scalar)
        {
            Error(node, path, $"{node.Kind} stands here, expected {expected}");
            return false;
        }

        // The text before replacement: what a variable holds may be a secret.
        shown = Quoted.Text(scalar.Text);
        if (VariableText.TryExpand(scalar.Text, environment, out var expanded, out var error))
        {
            text = expanded;
            return true;
        }

        Error(node, path, error);
        return false;
    }

    /// <summary>Absolute form of a path of this source: <c>~/</c> is the user's folder, all else is relative to the source.</summary>
    public string FullPath(string path) => path == "~" || path.StartsWith("~/", StringComparison.Ordinal)
        ? Path.GetFullPath(path[1..].TrimStart('/'), userDirectory)
        : Path.GetFullPath(path, baseDirectory);

    private ConfigNode? Nearest(string path)
    {
        for (var rest = path; ; rest = rest[..Math.Max(0, rest.LastIndexOfAny(['.', '[']))])
        {
            if (_places.TryGetValue(rest, out var node) || rest.Length == 0)
            {
                return node ?? _places.GetValueOrDefault("");
            }
        }
    }
}
