using System.Text.RegularExpressions;
using Xunit;

namespace RouterDaemon.Tests.Architecture;

/// <summary>Habits that keep files findable and readable.</summary>
public sealed partial class SourceFileTests
{
    /// <summary>The soft limit is 400; a file that grows past this one is split.</summary>
    private const int MaxLines = 500;

    /// <summary>Tables whose file is named after what they list, because the type must not share its namespace's name.</summary>
    private static readonly string[] Tables = ["Backends.cs"];

    /// <summary>In the outermost namespace, so that they win over LINQ's in every other.</summary>
    private static readonly string[] OverLinq = ["ValueSequences.cs", "ValueResults.cs"];

    [Fact]
    public void NoFileIsLongerThanTheLimit()
    {
        IEnumerable<string> tooLong = RepositoryTree.SourceFiles("src", "tests", "benchmarks")
            .Select(f => (File: f, Lines: File.ReadLines(f).Count()))
            .Where(f => f.Lines > MaxLines)
            .Select(f => $"{RepositoryTree.Relative(f.File)}: {f.Lines} lines, at most {MaxLines}");
        Assert.Empty(tooLong);
    }

    [Fact]
    public void NamespacesFollowFolders()
    {
        IEnumerable<string> faults =
            from file in RepositoryTree.SourceFiles("src")
            let declared = NamespaceLine().Match(File.ReadAllText(file)).Groups[1].Value
            let folder = Path.GetDirectoryName(RepositoryTree.Relative(file))!.Replace('\\', '/')["src/".Length..].Replace('/', '.')
            where declared.Length > 0 && declared != (OverLinq.Contains(Path.GetFileName(file)) ? "RouterDaemon" : folder)
            select $"{RepositoryTree.Relative(file)}: namespace {declared}, folder says {folder}";
        Assert.Empty(faults);
    }

    [Fact]
    public void AFileIsNamedAfterATypeThatItDeclares()
    {
        IEnumerable<string> faults =
            from file in RepositoryTree.SourceFiles("src")
            let types = TypeLine().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value).ToArray()
            let name = Path.GetFileNameWithoutExtension(file).Split('.')[0]
            where types.Length > 0 && !types.Contains(name) && !Tables.Contains(Path.GetFileName(file))
            select $"{RepositoryTree.Relative(file)} declares {string.Join(", ", types)}";
        Assert.Empty(faults);
    }

    [Fact]
    public void NoFileHoldsManyTypes()
    {
        const int MaxTypes = 6;
        IEnumerable<string> faults =
            from file in RepositoryTree.SourceFiles("src")
            let count = TypeLine().Count(File.ReadAllText(file))
            where count > MaxTypes
            select $"{RepositoryTree.Relative(file)} declares {count} types at top level, at most {MaxTypes} small ones that belong together";
        Assert.Empty(faults);
    }

    [Fact]
    public void NothingIsLeftForLater()
    {
        IEnumerable<string> faults =
            from file in RepositoryTree.SourceFiles("src", "tests", "benchmarks")
            where Path.GetFileName(file) != "SourceFileTests.cs"
            from line in File.ReadLines(file).Select((text, i) => (Text: text, Number: i + 1))
            where LaterMark().IsMatch(line.Text)
            select $"{RepositoryTree.Relative(file)}:{line.Number}: {line.Text.Trim()}";
        Assert.Empty(faults);
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    // File-scoped namespaces: a type at top level starts in the first column.
    [GeneratedRegex(@"^(?:(?:public|internal|file|sealed|static|abstract|partial|readonly|ref|unsafe) )*(?:class|struct|record struct|record class|record|interface|enum|delegate \S+) (\w+)", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"//.*\b(?:TODO|FIXME|HACK)\b|#region|NotImplementedException")]
    private static partial Regex LaterMark();
}
