namespace RouterDaemon.Fleet;

/// <summary>The file that a path means, through all links: the framework's own answers speak of the link, which stays when its file goes.</summary>
internal static class LinkedFile
{
    /// <summary>The file at the end; <see cref="FileSystemInfo.Exists"/> is false where a link leads nowhere.</summary>
    public static FileInfo Of(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No file, links in a circle, or a folder that may not be read.
            return new FileInfo(path);
        }
    }
}
