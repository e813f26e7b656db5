namespace RouterDaemon.SystemTests.Support;

/// <summary>A folder of its own, deleted in the end.</summary>
public sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("routerd-test-").FullName;

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // A process that was killed may still hold a mapped file; the folder is in the temporary directory.
        }
    }
}
