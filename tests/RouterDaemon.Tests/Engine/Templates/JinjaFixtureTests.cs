using System.Text.Json;
using RouterDaemon.Engine.Templates.Jinja;
using Xunit;

namespace RouterDaemon.Tests.Engine.Templates;

/// <summary>
/// Templates of well-known models against what the reference implementation (Python Jinja2 with Hugging Face's settings) gave for the
/// same messages. ROUTERD_TEMPLATE_FIXTURES may name a second folder, for templates whose licence keeps them out of this repository.
/// </summary>
public sealed class JinjaFixtureTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 4, 15, 6, 7, TimeSpan.Zero);

    private static IEnumerable<string> Folders => new[]
    {
        Path.Combine(AppContext.BaseDirectory, "Engine", "Templates", "fixtures"),
        Environment.GetEnvironmentVariable("ROUTERD_TEMPLATE_FIXTURES"),
    }.OfType<string>();

    public static TheoryData<string> Files => [.. Folders.SelectMany(f => Directory.GetFiles(f, "*.json")).Where(f => Path.GetFileName(f) != "inputs.json")];

    [Fact]
    public void CoversAtLeastTwentyFiveModels() => Assert.True(Files.Count >= 25, $"{Files.Count}");

    [Theory]
    [MemberData(nameof(Files))]
    public void RendersAsTheReference(string file)
    {
        using JsonDocument inputs = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(file)!, "inputs.json")));
        using JsonDocument fixture = JsonDocument.Parse(File.ReadAllBytes(file));
        JinjaTemplate template = JinjaTemplate.Parse(fixture.RootElement.GetProperty("template").GetString()!);
        List<string> faults = [];
        foreach (JsonElement c in fixture.RootElement.GetProperty("cases").EnumerateArray())
        {
            string name = c.GetProperty("name").GetString()!;
            string actual;
            try
            {
                JinjaMap variables = (JinjaMap)JinjaJson.FromElement(inputs.RootElement.GetProperty(name))!;
                actual = template.Render(variables.Items.Select(i => KeyValuePair.Create((string)i.Key!, i.Value)), Now);
            }
            catch (JinjaException e)
            {
                actual = "error: " + e.Message;
            }
            if (c.TryGetProperty("expected", out JsonElement expected))
            {
                if (expected.GetString() != actual)
                    faults.Add($"{name}: {Difference(expected.GetString()!, actual)}");
            }
            else if (c.GetProperty("error").GetString() is { } error && error.StartsWith("TemplateError: ", StringComparison.Ordinal)
                && !actual.EndsWith(error["TemplateError: ".Length..], StringComparison.Ordinal))
            {
                faults.Add($"{name}: expected the error {error}, got {actual}");
            }
        }
        Assert.True(faults.Count == 0, string.Join("\n", faults));
    }

    private static string Difference(string expected, string actual)
    {
        int i = 0;
        while (i < expected.Length && i < actual.Length && expected[i] == actual[i])
            i++;
        int from = Math.Max(0, i - 60);
        return $"at {i}:\n  expected {JsonSerializer.Serialize(expected[from..Math.Min(expected.Length, i + 60)])}\n  actual   {JsonSerializer.Serialize(actual[from..Math.Min(actual.Length, i + 60)])}";
    }
}
