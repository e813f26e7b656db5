using System.Text.Json.Nodes;

namespace RouterDaemon.Config.Schema;

/// <summary>An absolute <c>http</c> or <c>https</c> URL; the trailing slash is dropped.</summary>
internal sealed class HttpUrlType : ScalarType<Uri>
{
    protected override string Expected => "a URL";

    protected override string? TryParse(BindContext context, string text, out Uri value) => TryParse(text, out value);

    /// <summary>Null when it went well, else the error with <c>{}</c> for the text.</summary>
    public static string? TryParse(string text, out Uri value)
    {
        value = null!;

        // Before anything that would print the text: what stands before an @ may be a password.
        if (text.Contains('@'))
        {
            return "a URL must not hold a user name or password; name the variable of the key in \"api_key_env\"";
        }

        if (!Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0
            || text.Any(char.IsWhiteSpace))
        {
            return "{} is not an http or https URL (example: http://10.0.0.5:8081)";
        }

        if (uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            return "{} has a query or a fragment; a base URL ends with its path";
        }

        value = uri;
        return null;
    }

    public override JsonObject Schema() => new() { ["type"] = "string", ["format"] = "uri", ["pattern"] = @"^(https?://|.*\$\{)" };

    public override JsonNode Show(Uri value) => JsonValue.Create(value.OriginalString);
}
