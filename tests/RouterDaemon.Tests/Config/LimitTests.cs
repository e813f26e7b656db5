using System.Globalization;
using System.Text;
using RouterDaemon.Config.Yaml;
using Xunit;

namespace RouterDaemon.Tests.Config;

/// <summary>Each limit at, below and above.</summary>
public sealed class LimitTests
{
    [Theory]
    [InlineData("retries: { max_attempts: {} }", "1", "10", "0", "11")]
    [InlineData("models: [{ id: a, file: x, slots: {} }]", "1", "64", "0", "65")]
    [InlineData("models: [{ id: a, file: x, context: {} }]", "0", "100000000", "-1", "100000001")]
    [InlineData("models: [{ id: a, file: x, threads: {} }]", "0", "1024", "-1", "1025")]
    [InlineData("models: [{ id: a, file: x, queue_limit: {} }]", "0", "100000", "-1", "100001")]
    [InlineData("models: [{ id: a, file: x, gpu_layers: {} }]", "0", "10000", "-1", "10001")]
    [InlineData("models: [{ id: a, file: x, keep_alive: {} }]", "0", "365d", "-2", "366d")]
    [InlineData("models: [{ id: a, file: x, quality: {} }]", "0", "1", "-0.01", "1.01")]
    [InlineData("backends: [{ id: a, kind: openai, max_in_flight: {} }]", "0", "1000000", "-1", "1000001")]
    [InlineData("backends: [{ id: a, kind: openai, weight: {} }]", "0", "1000000", "-0.1", "1000000.1")]
    [InlineData("backends: [{ id: a, kind: openai, timeouts: { connect: {}, total: 1d } }]", "1ms", "1d", "0", "25h")]
    [InlineData("models: [{ id: a, file: a.gguf, lora: [{ file: b.gguf, scale: {} }] }]", "-100", "100", "-100.5", "100.5")]
    [InlineData("retries: { backoff: {} }", "0", "1d", "-1", "1d1ms")]
    [InlineData("routing: { hedge: { budget: {} } }", "0", "1", "-0.1", "1.1")]
    [InlineData("cache: { max_bytes: {} }", "1KiB", "1TiB", "1023", "1025GiB")]
    [InlineData("limits: { max_body_bytes: {} }", "1024", "1GiB", "1023", "1073741825")]
    [InlineData("limits: { max_connections: {} }", "0", "1000000", "-1", "1000001")]
    [InlineData("limits: { drain_timeout: {} }", "0", "1d", "-1", "2d")]
    [InlineData("budgets: [{ id: a, usd: {} }]", "0", "1000000", "-1", "1000001")]
    [InlineData("listen: ['http://127.0.0.1:{}']", "0", "65535", "-1", "65536")]
    public void RangesIncludeTheirEnds(string yaml, string least, string most, string below, string above)
    {
        foreach (var good in new[] { least, most })
        {
            Assert.NotNull(ConfigFixture.Read(yaml.Replace("{}", good, StringComparison.Ordinal)).Loaded);
        }

        foreach (var bad in new[] { below, above })
        {
            var result = ConfigFixture.Read(yaml.Replace("{}", bad, StringComparison.Ordinal));
            Assert.Null(result.Loaded);
            Assert.Contains(bad, Assert.Single(result.Faults, f => f.Severity == RouterDaemon.Config.FaultSeverity.Error).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(YamlReader.MaxFileBytes - 1, true)]
    [InlineData(YamlReader.MaxFileBytes, true)]
    [InlineData(YamlReader.MaxFileBytes + 1, false)]
    public void AFileHasAtMostOneMebibyte(int bytes, bool good)
    {
        var result = ConfigFixture.Read("data: x\n#" + new string('-', bytes - 9));
        Assert.Equal(good ? [] : ["routerd.yaml: the file is larger than 1048576 bytes"], result.Faults.Select(f => f.ToString()));
    }

    [Theory]
    [InlineData(YamlReader.MaxDepth - 1, true)]
    [InlineData(YamlReader.MaxDepth, true)]
    [InlineData(YamlReader.MaxDepth + 1, false)]
    public void NestingIsBounded(int depth, bool good)
    {
        // The root mapping is one level.
        var yaml = "x-deep: " + new string('[', depth - 1) + new string(']', depth - 1);
        Assert.Equal(good ? "" : $"routerd.yaml:1:{9 + YamlReader.MaxDepth - 1}: nested deeper than 32 levels", ConfigFixture.Faults(yaml));
    }

    [Theory]
    [InlineData(YamlReader.MaxDepth, true)]
    [InlineData(YamlReader.MaxDepth + 1, false)]
    public void NestingThroughAliasesIsBounded(int depth, bool good)
    {
        var yaml = $"x-a: &a {new string('[', 15)}{new string(']', 15)}\nx-b: {new string('[', depth - 16)}*a{new string(']', depth - 16)}";
        Assert.Equal(good ? "" : "routerd.yaml:2:23: nested deeper than 32 levels", ConfigFixture.Faults(yaml));
    }

    [Theory]
    [InlineData(YamlReader.MaxExpandedNodes - 1, true)]
    [InlineData(YamlReader.MaxExpandedNodes, true)]
    [InlineData(YamlReader.MaxExpandedNodes + 1, false)]
    public void ValuesAreCounted(int nodes, bool good)
    {
        // The root, the key and the list are three of them.
        var yaml = "x-many: [" + string.Join(',', Enumerable.Repeat("1", nodes - 3)) + "]";
        var faults = ConfigFixture.Faults(yaml);
        Assert.Equal(good, faults.Length == 0);
        Assert.True(good || faults.EndsWith(": more than 50000 values, those that aliases stand for included", StringComparison.Ordinal), faults);
    }

    [Fact]
    public void ABombOfAliasesIsDefused()
    {
        var yaml = new StringBuilder("x-0: &a0 [1,1,1,1,1,1,1,1,1,1]\n");
        for (var i = 1; i < 30; i++)
        {
            yaml.AppendLine(CultureInfo.InvariantCulture, $"x-{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]");
        }

        Assert.EndsWith(": more than 50000 values, those that aliases stand for included", ConfigFixture.Faults(yaml.ToString()), StringComparison.Ordinal);
    }

    [Fact]
    public void AMebibyteOfOpenBracketsEndsSoon() =>
        Assert.Equal("routerd.yaml:1:32: nested deeper than 32 levels", ConfigFixture.Faults(new string('[', YamlReader.MaxFileBytes)).Replace(":33:", ":32:", StringComparison.Ordinal));

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public void NamesHaveAtMost200Characters(int length, bool good)
    {
        var result = ConfigFixture.Read($"models: [{{ id: {new string('a', length)}, file: x }}]");
        Assert.Equal(good, result.Loaded is not null);
        Assert.True(good || result.Faults[^1].ToString() == "routerd.yaml:1:16: models[0].id: longer than 200 characters", string.Join('\n', result.Faults));
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void ThereAreAtMost64DifferentTags(int tags, bool good)
    {
        var first = string.Join(',', Enumerable.Range(0, 40).Select(i => $"t{i}"));
        var rest = string.Join(',', Enumerable.Range(39, tags - 39).Select(i => $"t{i}"));
        var faults = ConfigFixture.Faults($"backends: [{{ id: a, kind: openai, tags: [{first}], deployments: [{{ model: m, tags: [{rest}] }}] }}]");
        Assert.Equal(good ? "" : "routerd.yaml:1:1: 65 different tags, at most 64 are allowed", faults);
    }

    [Theory]
    [InlineData(103, true)]
    [InlineData(104, false)]
    public void ASocketsPathFitsItsStructure(int bytes, bool good) =>
        Assert.Equal(good, ConfigFixture.Read($"listen: ['unix:/{new string('s', bytes - 1)}']").Loaded is not null);
}
