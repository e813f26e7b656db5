using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RouterDaemon.Agents.Planning;

/// <summary>Names that a question mentions. Models and backends are recognised as the store spells them, hyphens and blanks aside.</summary>
public sealed partial record QuestionFacts
{
    /// <summary>Lower case, blanks collapsed.</summary>
    public required string Text { get; init; }

    /// <summary>Model id, or null.</summary>
    public string? Model { get; init; }

    /// <summary>Backend id, or null.</summary>
    public string? Backend { get; init; }

    /// <summary>User tier, or null.</summary>
    public string? Tier { get; init; }

    /// <summary>Task type, or null.</summary>
    public string? Task { get; init; }

    /// <summary>Request id, or null.</summary>
    public string? RequestId { get; init; }

    /// <summary>User id, or null.</summary>
    public string? UserId { get; init; }

    /// <summary>Reads a question; <paramref name="status"/> is the result of get_deployment_status.</summary>
    public static QuestionFacts Read(string question, JsonObject status)
    {
        var text = Blanks().Replace(question.Trim().ToLowerInvariant(), " ");
        var squeezed = Squeeze(text);
        var deployments = status["deployments"] as JsonArray ?? [];
        string? Longest(string field) => deployments
            .Select(d => (string)d![field]!)
            .Distinct(StringComparer.Ordinal)
            .Where(id => Mentions(text, squeezed, id))
            .MaxBy(id => id.Length);
        var request = Request().Match(question);
        var user = User().Match(text);
        return new QuestionFacts
        {
            Text = text,
            Model = Longest("model_id"),
            Backend = Longest("backend_id"),
            Tier = Tiers().Match(text) is { Success: true } tier ? tier.Value : null,
            Task = TaskOf(text),
            RequestId = request.Success ? request.Value : null,
            UserId = user.Success ? user.Value : null,
        };
    }

    /// <summary>True when one of the patterns matches.</summary>
    public bool Asks(string pattern) => Regex.IsMatch(Text, pattern);

    private static string? TaskOf(string text) =>
        Regex.IsMatch(text, @"\bsummar") ? "summarization"
        : Regex.IsMatch(text, @"\b(coding|code|programming)\b") ? "coding"
        : Regex.IsMatch(text, @"\b(chat|conversation)") ? "chat"
        : Regex.IsMatch(text, @"\breasoning\b") ? "reasoning"
        : null;

    // Short ids must stand alone; longer ones may be written with blanks ("llama 70b") or without hyphens ("gpt4").
    private static bool Mentions(string text, string squeezed, string id)
    {
        var lower = id.ToLowerInvariant();
        return Regex.IsMatch(text, $@"(?<![\w-]){Regex.Escape(lower)}(?![\w])") || (lower.Length >= 4 && squeezed.Contains(Squeeze(lower), StringComparison.Ordinal))
            || (lower.IndexOf('-') is > 4 and var hyphen && Regex.IsMatch(text, $@"\b{Regex.Escape(lower[..hyphen])}\b"));
    }

    private static string Squeeze(string text) => text.Replace("-", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"\breq_\w+")]
    private static partial Regex Request();

    [GeneratedRegex(@"\buser_\w+")]
    private static partial Regex User();

    [GeneratedRegex(@"\b(premium|standard|budget)\b(?=.*\b(user|customer|tier|request|client|people|account|slow|latency)|$)")]
    private static partial Regex Tiers();
}
