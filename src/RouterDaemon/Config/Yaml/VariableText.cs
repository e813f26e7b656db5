using System.Text;

namespace RouterDaemon.Config.Yaml;

/// <summary><c>${VAR}</c> in a value stands for the environment variable; <c>$${</c> for the characters <c>${</c>.</summary>
internal static class VariableText
{
    public static bool HasVariable(string text) => text.Contains("${", StringComparison.Ordinal);

    /// <summary>Replaces every variable; <paramref name="error"/> says what is wrong when it answers false, and never a value.</summary>
    public static bool TryExpand(string text, IReadOnlyDictionary<string, string> environment, out string expanded, out string error)
    {
        expanded = text;
        error = "";
        if (!HasVariable(text))
        {
            return true;
        }

        var result = new StringBuilder();
        for (var i = 0; i < text.Length;)
        {
            if (text.AsSpan(i).StartsWith("$${"))
            {
                result.Append("${");
                i += 3;
            }
            else if (text.AsSpan(i).StartsWith("${"))
            {
                var end = text.IndexOf('}', i);
                var name = end < 0 ? "" : text[(i + 2)..end];
                if (!IsName(name))
                {
                    error = end < 0
                        ? "\"${\" without \"}\" (write $${ for the characters themselves)"
                        : $"\"{name}\" is not a variable's name (write $${{ for the characters themselves)";
                    return false;
                }

                if (!environment.TryGetValue(name, out var value))
                {
                    error = $"the environment variable {name} is not set";
                    return false;
                }

                result.Append(value);
                i = end + 1;
            }
            else
            {
                result.Append(text[i++]);
            }
        }

        expanded = result.ToString();
        return true;
    }

    /// <summary>True for the name of an environment variable: letters, digits and <c>_</c>, no digit first.</summary>
    public static bool IsName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
