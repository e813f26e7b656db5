namespace RouterDaemon.Store.Records;

/// <summary>A row of <c>models</c>: where a file of the models folder came from.</summary>
/// <param name="Id">The file's name without <c>.gguf</c>.</param>
/// <param name="File">Absolute path.</param>
/// <param name="SizeBytes">Its size.</param>
/// <param name="Sha256">SHA-256 of its bytes, 64 small hexadecimal digits; null = not known.</param>
/// <param name="Source">Where it was pulled from, or the program whose file a link stands for.</param>
/// <param name="AddedAt">When it came.</param>
public sealed record ModelFileRow(string Id, string File, long SizeBytes, string? Sha256, string Source, DateTimeOffset AddedAt);
