using RouterDaemon.Config.Yaml;

namespace RouterDaemon.Config;

/// <summary>What names may look like. Each check answers null or what is wrong, with <c>{}</c> for the name.</summary>
internal static class Names
{
    public const int MaxLength = 200;

    /// <summary>The backend of on-device models.</summary>
    public const string LocalBackend = "local";

    public static string? CheckModel(string name) =>
        name.Length is 0 or > MaxLength ? $"a name has 1 to {MaxLength} characters"
        : name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) ? "{} is not a name: no spaces or control characters"
        : null;

    /// <summary>The nearest name to a text that may be none.</summary>
    public static string Clean(string text)
    {
        var name = string.Concat(text.Select(c => char.IsWhiteSpace(c) || char.IsControl(c) ? '-' : c));
        return name.Length switch { 0 => "model", > MaxLength => name[..MaxLength], _ => name };
    }

    /// <summary>The nearest name of a backend to a text that may be none.</summary>
    public static string CleanBackend(string text)
    {
        var name = string.Concat(text.Take(MaxLength).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));
        return name.Length == 0 || name == LocalBackend ? "agent" : name;
    }

    public static string? CheckBackend(string name) =>
        name == LocalBackend ? "{} is the backend of on-device models; choose another name"
        : name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') ? null
        : "{} is not a name here: letters, digits, \"-\", \"_\" and \".\" only";

    public static string? CheckTag(string tag) =>
        tag.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':') ? null : "{} is not a tag: letters, digits, \"-\", \"_\", \".\" and \":\" only";

    // A key that was pasted where its variable's name belongs must not be printed.
    public static string? CheckVariable(string name) =>
        VariableText.IsName(name) ? null : "not the name of an environment variable (letters, digits and \"_\"); the key itself does not belong here";

    public static string? CheckHost(string host) =>
        Uri.CheckHostName(host.Trim('[', ']')) == UriHostNameType.Unknown ? "{} is not a host name or address (without scheme and port)" : null;

    public static string? CheckOrigin(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Host.Length > 0 && uri.GetLeftPart(UriPartial.Authority).Equals(origin, StringComparison.OrdinalIgnoreCase)
            ? null
            : "{} is not an origin: scheme, host and port, no path (example: https://app.example)";
}
