namespace RouterDaemon.Core.Wire;

/// <summary>Top-level keys that the router reads; bits, so that duplicates are one AND.</summary>
[Flags]
internal enum PeekKey : uint
{
    None = 0,
    Model = 1 << 0,
    Stream = 1 << 1,
    StreamOptions = 1 << 2,
    MaxTokens = 1 << 3,
    MaxCompletionTokens = 1 << 4,
    MaxOutputTokens = 1 << 5,
    N = 1 << 6,
    Temperature = 1 << 7,
    Tools = 1 << 8,
    ResponseFormat = 1 << 9,
    Text = 1 << 10,
    Format = 1 << 11,
    Messages = 1 << 12,
    Prompt = 1 << 13,
    Input = 1 << 14,
    System = 1 << 15,
    Route = 1 << 16,
    Models = 1 << 17,
    Fallbacks = 1 << 18,
    LogProbs = 1 << 19,
    Suffix = 1 << 20,
}
