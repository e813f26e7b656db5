namespace RouterDaemon.Core;

/// <summary>A chat completion as an agent asks for it.</summary>
public sealed record InferenceRequest
{
    /// <summary>Model, deployment or virtual model; default <c>auto</c>.</summary>
    public string Model { get; init; } = "auto";

    /// <summary>OpenAI <c>messages</c> array as JSON.</summary>
    public required string MessagesJson { get; init; }

    /// <summary>OpenAI <c>tools</c> array as JSON; null = none.</summary>
    public string? ToolsJson { get; init; }

    /// <summary>Answer tokens at most. Default 1024.</summary>
    public int MaxTokens { get; init; } = 1024;

    /// <summary>USD at most; deployments that would cost more are not used. Default 0 = no limit.</summary>
    public double MaxCostUsd { get; init; }
}
