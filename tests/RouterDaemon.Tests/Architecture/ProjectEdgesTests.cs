using System.Xml.Linq;
using Xunit;

namespace RouterDaemon.Tests.Architecture;

/// <summary>The layers: who may refer to whom is decided here and nowhere else.</summary>
public sealed class ProjectEdgesTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["RouterDaemon"] = ["RouterDaemon.Core", "RouterDaemon.Native", "RouterDaemon.Engine", "RouterDaemon.Store", "RouterDaemon.Agents"],
        ["RouterDaemon.Agents"] = ["RouterDaemon.Store", "RouterDaemon.Core"],
        ["RouterDaemon.Store"] = ["RouterDaemon.Core"],
        ["RouterDaemon.Engine"] = ["RouterDaemon.Native", "RouterDaemon.Core"],
        ["RouterDaemon.Native"] = [],
        ["RouterDaemon.Core"] = [],
    };

    private static string[] ShippedProjects => Directory.GetFiles(Path.Combine(RepositoryTree.Root, "src"), "*.csproj", SearchOption.AllDirectories);

    [Fact]
    public void ProjectsReferOnlyAlongAllowedEdges()
    {
        foreach (string file in ShippedProjects)
        {
            string name = Path.GetFileNameWithoutExtension(file);
            Assert.True(Allowed.ContainsKey(name), $"{name} is in no layer: the six projects are fixed");
            IEnumerable<string> edges = XDocument.Load(file).Descendants("ProjectReference")
                .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
            foreach (string edge in edges)
                Assert.True(Allowed[name].Contains(edge), $"{name} -> {edge} is not an allowed edge");
        }
    }

    [Fact]
    public void AllSixProjectsExist() =>
        Assert.Equal(Allowed.Keys.Order(), ShippedProjects.Select(f => Path.GetFileNameWithoutExtension(f)!).Order());

    [Fact]
    public void CoreHasNoPackages() => Assert.Empty(Packages("RouterDaemon.Core"));

    [Fact]
    public void OnlyNativeAllowsUnsafeCode()
    {
        foreach (string file in ShippedProjects)
        {
            bool allows = XDocument.Load(file).Descendants("AllowUnsafeBlocks").Any(e => e.Value == "true");
            Assert.True(!allows || Path.GetFileNameWithoutExtension(file) == "RouterDaemon.Native", $"{RepositoryTree.Relative(file)} allows unsafe code");
        }
    }

    [Fact]
    public void PackageVersionsStandOnlyInPackagesProps()
    {
        IEnumerable<string> projects = ShippedProjects
            .Concat(Directory.GetFiles(Path.Combine(RepositoryTree.Root, "tests"), "*.csproj", SearchOption.AllDirectories))
            .Concat(Directory.GetFiles(Path.Combine(RepositoryTree.Root, "benchmarks"), "*.csproj", SearchOption.AllDirectories));
        foreach (string file in projects)
            Assert.DoesNotContain(XDocument.Load(file).Descendants("PackageReference"), r => r.Attribute("Version") is not null);
    }

    private static IEnumerable<string> Packages(string project) =>
        XDocument.Load(Path.Combine(RepositoryTree.Root, "src", project, project + ".csproj")).Descendants("PackageReference").Select(r => r.Attribute("Include")!.Value);
}
