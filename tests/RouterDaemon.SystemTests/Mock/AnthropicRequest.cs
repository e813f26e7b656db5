namespace RouterDaemon.SystemTests.Mock;

/// <summary>A request as the mock received it.</summary>
public sealed record AnthropicRequest(string Path, IReadOnlyDictionary<string, string> Headers, string Body);
