using System.Text.Json.Nodes;

namespace RouterDaemon.Config.Schema;

/// <summary>Text that is not empty. <paramref name="check"/> answers null or what is wrong, with <c>{}</c> for the text.</summary>
internal sealed class TextType(string expected = "text", Func<string, string?>? check = null, int maxLength = 1000) : ScalarType<string>
{
    protected override string Expected => expected;

    protected override string? TryParse(BindContext context, string text, out string value)
    {
        value = text;
        return text.Length == 0 ? $"{{}} is empty, expected {expected}"
            : text.Length > maxLength ? $"longer than {maxLength} characters"
            : check?.Invoke(text);
    }

    public override JsonObject Schema() => new() { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = maxLength };

    public override JsonNode Show(string value) => JsonValue.Create(value);
}
