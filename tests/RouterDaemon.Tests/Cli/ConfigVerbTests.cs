using System.Text.Json;
using RouterDaemon.Config;
using RouterDaemon.Tests.Architecture;
using RouterDaemon.Tests.Config;
using Xunit;

namespace RouterDaemon.Tests.Cli;

public sealed class ConfigVerbTests
{
    private static string Golden(string name) => File.ReadAllText(Path.Combine(RepositoryTree.Root, "tests", "RouterDaemon.Tests", "Cli", "Golden", name));

    [Fact]
    public async Task CheckOfAGoodFileIsOneLine()
    {
        var fixture = new ConfigFixture().With(ConfigFixture.Sample);
        fixture.FilesByPath["/etc/ada/models/routerd-tiny-1m.gguf"] = [];
        fixture.Environment["CLUSTER_KEY"] = "k";
        fixture.Environment["EPP_TOKEN"] = "t";
        var run = await CliRun.With(fixture, "config", "check", "routerd.yaml");
        Assert.Equal(new CliRun(0, "routerd.yaml: good, 1 model, 1 backend, 2 virtual models, 0 warnings\n", ""), run);
    }

    [Fact]
    public async Task CheckWithoutAFileIsGood() =>
        Assert.Equal(new CliRun(0, "no file, defaults: good, 0 models, 0 backends, 1 virtual model, 0 warnings\n", ""), await CliRun.Of("config", "check"));

    [Fact]
    public async Task CheckSaysEveryFaultAndAnswers64()
    {
        var fixture = new ConfigFixture().With("retries: { backof: 1s }\ncache: { ttl: 2x }\nmodels: [{ id: a, file: nofile }]");
        var run = await CliRun.With(fixture, "config", "check", "routerd.yaml");
        Assert.Equal(64, run.Exit);
        Assert.Equal("2 errors, 1 warning\n", run.Out);
        Assert.Equal(
            """
            routerd.yaml:1:12: retries.backof: unknown key, did you mean "backoff"?
            routerd.yaml:2:15: cache.ttl: "2x" is not a duration (examples: 500ms, 2s)
            routerd.yaml:3:25: warning: models[0].file: there is no file /etc/ada/nofile

            """,
            run.Error);
    }

    [Fact]
    public async Task CheckAsJsonIsJsonAndNothingElse()
    {
        var run = await CliRun.With(new ConfigFixture().With("cache: { ttl: 2x }"), "config", "check", "routerd.yaml", "--json");
        Assert.Equal((64, ""), (run.Exit, run.Error));
        Assert.Equal(
            """
            {
              "ok": false,
              "file": null,
              "faults": [
                {
                  "severity": "error",
                  "source": "routerd.yaml",
                  "line": 1,
                  "column": 15,
                  "path": "cache.ttl",
                  "message": "\"2x\" is not a duration (examples: 500ms, 2s)"
                }
              ]
            }

            """,
            run.Out);
    }

    [Fact]
    public async Task ShowPrintsEffectiveValuesWithoutSecrets()
    {
        var fixture = new ConfigFixture().With(ConfigFixture.Sample);
        fixture.Environment["CLUSTER_KEY"] = "hunter2";
        fixture.Environment["REDIS_URL"] = "redis://:hunter2@r";
        var run = await CliRun.With(fixture, "config", "show", "--config", "routerd.yaml");
        Assert.Equal((0, ""), (run.Exit, run.Error));
        Assert.Equal(Golden("show-sample.yaml"), run.Out);

        var json = await CliRun.With(fixture, "--config", "routerd.yaml", "config", "show", "--json");
        using var document = JsonDocument.Parse(json.Out);
        Assert.Equal("***", document.RootElement.GetProperty("shared_state").GetProperty("redis_url").GetString());
        Assert.DoesNotContain("hunter2", run.Out + json.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheShippedSchemaIsTheOneThatIsPrinted()
    {
        var run = await CliRun.Of("config", "schema");
        Assert.Equal((0, ""), (run.Exit, run.Error));
        Assert.Equal(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "routerd.schema.json")), run.Out);
    }

    [Fact]
    public void TheSchemaNamesEveryKeyThatIsShown()
    {
        // The shown sample has every key that exists but those of absent list items; each must be in the schema at its place.
        using var schema = JsonDocument.Parse(ConfigPrinter.Schema());
        using var shown = JsonDocument.Parse(ConfigPrinter.ShowJson(ConfigFixture.Good(ConfigFixture.Sample)));
        Assert.Equal([], Missing(shown.RootElement, schema.RootElement, "").ToArray());
    }

    private static IEnumerable<string> Missing(JsonElement value, JsonElement schema, string path)
    {
        var branch = schema.TryGetProperty("anyOf", out var branches)
            ? branches.EnumerateArray().FirstOrDefault(b => b.TryGetProperty("type", out var t) && t.GetString() == (value.ValueKind == JsonValueKind.Array ? "array" : "object"))
            : schema;
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                return value.EnumerateArray().SelectMany((v, i) => Missing(v, branch.GetProperty("items"), $"{path}[{i}]"));
            case JsonValueKind.Object:
                return value.EnumerateObject().SelectMany(p =>
                    branch.TryGetProperty("properties", out var properties)
                        ? properties.TryGetProperty(p.Name, out var inner) ? Missing(p.Value, inner, $"{path}.{p.Name}") : [$"{path}.{p.Name}"]
                        : Missing(p.Value, branch.GetProperty("additionalProperties"), $"{path}.{p.Name}"));
            default:
                return [];
        }
    }
}
