using System.IO.Enumeration;

namespace RouterDaemon.Fleet.Found;

/// <summary>A folder, and those in it, that holds GGUF files under their own names.</summary>
internal static class GgufFolder
{
    /// <summary>Folders within folders: LM Studio has two, the hub's cache four.</summary>
    private const int MaxDepth = 8;

    private static readonly EnumerationOptions Options = new() { RecurseSubdirectories = true, MaxRecursionDepth = MaxDepth, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None };

    public static IEnumerable<FoundFile> Find(FoundIn program, string folder)
    {
        foreach (var path in Files(folder, "*.gguf"))
        {
            var name = Path.GetFileNameWithoutExtension(path);
            yield return new FoundFile(program, WithoutRepository(program, name), name, path);
        }
    }

    /// <summary>Files by path; none where the folder is missing. Links to files are followed, links to folders are not: they may lead in circles.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) => !Directory.Exists(folder)
        ? []
        : new FileSystemEnumerable<string>(folder, (ref FileSystemEntry entry) => entry.ToFullPath(), Options)
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && FileSystemName.MatchesSimpleExpression(pattern, entry.FileName),
            ShouldRecursePredicate = (ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        }.Order(StringComparer.Ordinal);

    // llama.cpp's own cache is flat: OWNER_REPOSITORY_FILE.
    private static string WithoutRepository(FoundIn program, string name)
    {
        const string Mark = "-GGUF_";
        var mark = name.LastIndexOf(Mark, StringComparison.OrdinalIgnoreCase);
        return program == FoundIn.LlamaCpp && mark > 0 && mark + Mark.Length < name.Length ? name[(mark + Mark.Length)..] : name;
    }
}
