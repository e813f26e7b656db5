using System.Text.RegularExpressions;

namespace RouterDaemon.Fleet.Known;

/// <summary>A provider that bills by the token.</summary>
/// <param name="Models">By the name it has there.</param>
/// <param name="NoChat">Parts of the names of its models that neither chat nor embed (speech, images, moderation).</param>
internal sealed partial record KnownProvider(IReadOnlyDictionary<string, KnownModel> Models, IReadOnlyList<string> NoChat)
{
    /// <summary>The model of that name, or of that name without its date; null = not in the table.</summary>
    public KnownModel? Find(string model)
    {
        // Google lists "models/gemini-..." and serves both spellings.
        var name = model.StartsWith("models/", StringComparison.Ordinal) ? model["models/".Length..] : model;
        return Models.GetValueOrDefault(name) ?? Models.GetValueOrDefault(Dated().Replace(name, "$1"));
    }

    /// <summary>Whether a listed model is of use behind a chat or embeddings endpoint.</summary>
    public bool Serves(string model) => !NoChat.Any(part => model.Contains(part, StringComparison.OrdinalIgnoreCase));

    [GeneratedRegex("^(.+?)(?:-preview.*|-latest|-20[0-9]{2}-[0-9]{2}-[0-9]{2}|-20[0-9]{6}|-[0-9]{4})$")]
    private static partial Regex Dated();
}
