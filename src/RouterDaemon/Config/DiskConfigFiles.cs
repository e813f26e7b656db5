namespace RouterDaemon.Config;

internal sealed class DiskConfigFiles : IConfigFiles
{
    public static readonly DiskConfigFiles Instance = new();

    public bool Exists(string path) => File.Exists(path);

    public byte[] Read(string path, int maxBytes)
    {
        using var stream = File.OpenRead(path);
        var buffer = new byte[(int)Math.Min(maxBytes + 1L, Math.Max(stream.Length, 4096))];
        var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return buffer[..length];
    }
}
