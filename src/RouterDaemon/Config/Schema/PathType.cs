using System.Text.Json.Nodes;

namespace RouterDaemon.Config.Schema;

/// <summary>A file or folder; relative to the file it is written in, <c>~/</c> is the user's folder.</summary>
internal sealed class PathType : ScalarType<string>
{
    protected override string Expected => "a path";

    protected override string? TryParse(BindContext context, string text, out string value)
    {
        value = "";
        if (text.Length == 0)
        {
            return "{} is empty, expected a path";
        }

        if (text.Contains('\0') || text.Length > 4096)
        {
            return "{} is not a path";
        }

        value = context.FullPath(text);
        return null;
    }

    public override JsonObject Schema() => new() { ["type"] = "string", ["minLength"] = 1 };

    public override JsonNode Show(string value) => JsonValue.Create(value);
}
