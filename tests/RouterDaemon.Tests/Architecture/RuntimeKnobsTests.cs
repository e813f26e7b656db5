using System.Text.Json;
using System.Xml.Linq;
using Xunit;

namespace RouterDaemon.Tests.Architecture;

/// <summary>Native AOT ignores runtimeconfig.template.json, so its knobs stand twice: there for the JIT build and as
/// RuntimeHostConfigurationOption for the published one. Both must say the same.</summary>
public sealed class RuntimeKnobsTests
{
    private static string TemplateFile => Path.Combine(RepositoryTree.Root, "runtimeconfig.template.json");

    [Fact]
    public void TemplateAndAotOptionsAgree()
    {
        string daemon = Path.Combine(RepositoryTree.Root, "src", "RouterDaemon");
        IEnumerable<string> files = Directory.GetFiles(daemon, "*.csproj").Concat(Directory.GetFiles(daemon, "*.props")).Concat(Directory.GetFiles(daemon, "*.targets"));
        Dictionary<string, string> aot = files.SelectMany(f => XDocument.Load(f).Descendants("RuntimeHostConfigurationOption"))
            .ToDictionary(e => e.Attribute("Include")!.Value, e => e.Attribute("Value")!.Value.ToLowerInvariant());

        Assert.Equal(TemplateKnobs().OrderBy(p => p.Key), aot.OrderBy(p => p.Key));
    }

    [Fact]
    public void TheBuildUsesTheTemplate()
    {
        using JsonDocument built = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "routerd.runtimeconfig.json")));
        JsonElement properties = built.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties");
        foreach ((string name, string value) in TemplateKnobs())
        {
            Assert.True(properties.TryGetProperty(name, out JsonElement actual), $"{name} of the template is not in the built configuration");
            Assert.Equal(value, actual.ToString().ToLowerInvariant());
        }
    }

    private static Dictionary<string, string> TemplateKnobs()
    {
        // No file = no knob that both would have to name.
        if (!File.Exists(TemplateFile))
            return [];
        using JsonDocument template = JsonDocument.Parse(File.ReadAllText(TemplateFile));
        return template.RootElement.GetProperty("configProperties").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.ToString().ToLowerInvariant());
    }
}
