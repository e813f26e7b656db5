using System.Text.Json;

namespace RouterDaemon.Fleet.Hub;

/// <summary>What the bytes of a part file are of, kept beside it so that a later pull knows whether it may go on.</summary>
/// <param name="Source">Where they come from.</param>
/// <param name="Sha256">SHA-256 of the whole file; null = not known.</param>
/// <param name="ETag">The server's strong tag, in quotes; null = it gave none.</param>
internal sealed record PartOrigin(string Source, string? Sha256, string? ETag)
{
    /// <summary>True when bytes of this origin may be continued with bytes of the other.</summary>
    public bool IsContinuedBy(PartOrigin other) => Source == other.Source && Sha256 == other.Sha256 && (Sha256 is not null || ETag is not null);

    /// <summary>Null for a file that is missing or damaged.</summary>
    public static PartOrigin? Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = document.RootElement;
            return new PartOrigin(root.GetProperty("source").GetString() ?? "", root.GetProperty("sha256").GetString(), root.GetProperty("etag").GetString());
        }
        catch (Exception e) when (e is IOException or JsonException or KeyNotFoundException or InvalidOperationException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Write(string path)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write);
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteString("source", Source);
        json.WriteString("sha256", Sha256);
        json.WriteString("etag", ETag);
        json.WriteEndObject();
    }
}
