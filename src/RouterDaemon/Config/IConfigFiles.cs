namespace RouterDaemon.Config;

/// <summary>The little of the file system that loading a configuration needs.</summary>
internal interface IConfigFiles
{
    bool Exists(string path);

    /// <summary>Reads at most <paramref name="maxBytes"/> + 1 bytes, so that a larger file is noticed without being read.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    byte[] Read(string path, int maxBytes);
}
