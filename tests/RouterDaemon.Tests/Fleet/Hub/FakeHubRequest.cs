namespace RouterDaemon.Tests.Fleet.Hub;

/// <summary>What a request to <see cref="FakeHub"/> said.</summary>
internal sealed record FakeHubRequest(string Path, string? Authorization, string? Range, string? IfRange);
