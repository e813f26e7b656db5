using System.Text.Json.Nodes;

namespace RouterDaemon.Config.Schema;

/// <summary>One word of a short list.</summary>
internal sealed class ChoiceType<T>(params (string Word, T Value)[] choices) : ScalarType<T>
    where T : notnull
{
    // Loops of Array, not LINQ: native code compiles its iterators over pairs anew for every choice's type.
    private readonly string[] _words = Array.ConvertAll(choices, static c => c.Word);

    protected override string Expected => Quoted.OneOf(_words);

    protected override string? TryParse(BindContext context, string text, out T value)
    {
        var index = Array.IndexOf(_words, text);
        value = index < 0 ? default! : choices[index].Value;
        if (index >= 0)
        {
            return null;
        }

        var near = NearestName.Find(text, _words);
        return $"{{}} is not known, expected {Expected}" + (near is null ? "" : $" (did you mean \"{near}\"?)");
    }

    public override JsonObject Schema() => new() { ["enum"] = new JsonArray([.. _words.Select(w => (JsonNode)JsonValue.Create(w))]) };

    public override JsonNode Show(T value) => JsonValue.Create(Array.Find(choices, c => c.Value.Equals(value)).Word);
}
