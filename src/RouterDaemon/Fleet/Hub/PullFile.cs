namespace RouterDaemon.Fleet.Hub;

/// <summary>One file to pull.</summary>
/// <param name="Name">Its name in the models folder.</param>
/// <param name="Url">Where it is asked for.</param>
/// <param name="Source">Where it comes from, as it is remembered and shown: no query, no token.</param>
/// <param name="SizeBytes">Its size; null = not known before it comes.</param>
/// <param name="Sha256">SHA-256 that it must have; null = nobody says.</param>
internal sealed record PullFile(string Name, Uri Url, string Source, long? SizeBytes, string? Sha256);
