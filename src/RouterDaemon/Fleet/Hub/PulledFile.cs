namespace RouterDaemon.Fleet.Hub;

/// <summary>A file that lies complete in the models folder.</summary>
/// <param name="Path">Absolute path.</param>
/// <param name="Source">Where it came from.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="Sha256">SHA-256 of its bytes; null = it was there already and nobody says what it must be.</param>
/// <param name="IsVerified">True = the hub named the same SHA-256.</param>
internal sealed record PulledFile(string Path, string Source, long SizeBytes, string? Sha256, bool IsVerified);
