namespace RouterDaemon.Store;

/// <summary>The store cannot be used; the message names the file and what to do.</summary>
public sealed class StoreException : Exception
{
    /// <summary>An error about the file <paramref name="path"/>.</summary>
    public StoreException(string path, string message, Exception? inner = null)
        : base($"{path}: {message}", inner) => Path = path;

    /// <summary>The file or folder that is at fault.</summary>
    public string Path { get; }
}
