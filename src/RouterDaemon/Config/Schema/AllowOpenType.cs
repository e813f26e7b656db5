using System.Text.Json.Nodes;

namespace RouterDaemon.Config.Schema;

/// <summary>The sentence that opens the daemon to other machines without keys. A word would be set by habit; a sentence is read.</summary>
internal sealed class AllowOpenType : ScalarType<bool>
{
    protected override string Expected => "a sentence";

    protected override string? TryParse(BindContext context, string text, out bool value)
    {
        value = text == AuthConfig.AllowOpenSentence;
        return value || text.Length == 0 ? null : $"{{}} is not the sentence it takes: \"{AuthConfig.AllowOpenSentence}\"";
    }

    public override JsonObject Schema() => new() { ["enum"] = new JsonArray("", AuthConfig.AllowOpenSentence) };

    public override JsonNode? Show(bool value) => value ? JsonValue.Create(AuthConfig.AllowOpenSentence) : null;
}
