namespace RouterDaemon.Fleet.Hub;

/// <summary>A file of a repository as the hub lists it.</summary>
/// <param name="Path">Path in the repository.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="Sha256">SHA-256 of its bytes, 64 small hexadecimal digits; null = the hub does not say.</param>
internal sealed record HubFile(string Path, long SizeBytes, string? Sha256);
