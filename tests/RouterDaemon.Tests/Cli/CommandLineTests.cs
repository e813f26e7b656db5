using System.Text.Json;
using RouterDaemon.Cli;
using RouterDaemon.Tests.Config;
using Xunit;

namespace RouterDaemon.Tests.Cli;

public sealed class CommandLineTests
{
    public static TheoryData<string> VerbNames => [.. Verbs.Table.Select(create => create(Host).Name)];

    private static CliHost Host => new()
    {
        Out = TextWriter.Null,
        Error = TextWriter.Null,
        Sources = _ => new ConfigFixture().Sources,
        Serve = _ => Task.FromResult(0),
    };

    [Theory]
    [MemberData(nameof(VerbNames))]
    public async Task EveryVerbHelpsAndRefusesWhatItDoesNotKnow(string verb)
    {
        var help = await CliRun.Of(verb, "--help");
        Assert.Equal((0, ""), (help.Exit, help.Error));
        Assert.Contains($"routerd {verb}", help.Out.Replace("RouterDaemon.Tests", "routerd", StringComparison.Ordinal), StringComparison.Ordinal);

        var refused = await CliRun.Of(verb, "--no-such-option");
        Assert.Equal((2, ""), (refused.Exit, refused.Out));
        Assert.Contains("--no-such-option", refused.Error, StringComparison.Ordinal);
        Assert.Contains($"See \"routerd {verb} --help\".", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config")]
    [InlineData("models")]
    public async Task AGroupAloneIsWrongUsage(string group)
    {
        var run = await CliRun.Of(group);
        Assert.Equal((2, ""), (run.Exit, run.Out));
        Assert.EndsWith($"See \"routerd {group} --help\".\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AMisspeltVerbIsCorrected()
    {
        var run = await CliRun.Of("docter");
        Assert.Equal((2, ""), (run.Exit, run.Out));
        Assert.Contains("routerd: did you mean \"doctor\"?\nSee \"routerd --help\".\n", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData]
    [InlineData("serve")]
    public async Task ServingIsTheDefault(params string[] arguments)
    {
        ServeOptions? served = null;
        var run = await CliRun.With(new ConfigFixture(), false, options => Task.FromResult((served = options, 7).Item2), TestContext.Current.CancellationToken, arguments);
        Assert.Equal(new CliRun(7, "", ""), run);
        Assert.Equal("http://127.0.0.1:8000", Assert.Single(served!.Loaded.Config.Listen).Url);
    }

    [Fact]
    public async Task OptionsOfServeWinOverTheEnvironment()
    {
        ServeOptions? served = null;
        var fixture = new ConfigFixture();
        fixture.Environment["ROUTERD_LISTEN"] = "http://127.0.0.1:1";
        await CliRun.With(fixture, false, options => Task.FromResult((served = options, 0).Item2), TestContext.Current.CancellationToken, "serve", "--listen", "http://127.0.0.1:2", "--log-level", "debug");
        Assert.Equal("http://127.0.0.1:2", Assert.Single(served!.Loaded.Config.Listen).Url);
        Assert.Equal(Microsoft.Extensions.Logging.LogLevel.Debug, served.Loaded.Config.Log.Level);
        Assert.Equal("http://127.0.0.1:2", RouterDaemon.Config.ConfigLoader.Load(served.Sources).Loaded!.Config.Listen[0].Url);
    }

    [Theory]
    [InlineData("serve")]
    [InlineData("config", "show")]
    [InlineData("models", "list")]
    [InlineData("explain", "x")]
    public async Task ABrokenConfigurationEndsWith64(params string[] verb)
    {
        var run = await CliRun.With(new ConfigFixture().With("retries: 3"), [.. verb, "--config", "routerd.yaml"]);
        Assert.Equal(new CliRun(64, "", "routerd.yaml:1:10: retries: a single value stands here, expected a mapping\n"), run);
    }

    [Fact]
    public async Task AMissingFileEndsWith64() =>
        Assert.Equal(new CliRun(64, "", "nowhere.yaml: there is no such file\n"), await CliRun.Of("serve", "--config", "nowhere.yaml"));

    [Fact]
    public async Task VersionSaysWhatThisIs()
    {
        var run = await CliRun.Of("version");
        Assert.Equal((0, ""), (run.Exit, run.Error));
        Assert.Matches(@"^routerd \d+\.\d+\.\d+\S* \(commit (unknown|[0-9a-f]{40})\)\nllama\.cpp .+\n\.NET .+, .+\n$", run.Out);
        Assert.Equal(run, await CliRun.Of("--version"));

        using var json = JsonDocument.Parse((await CliRun.Of("version", "--json")).Out);
        Assert.Equal(["version", "commit", "llama_cpp", "runtime", "platform"], json.RootElement.EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task SelfTestPassesEveryCheckThatNeedsNoLibraryOfThisMachine()
    {
        var run = await CliRun.Of("selftest", "--json");
        using var json = JsonDocument.Parse(run.Out);
        var failed = json.RootElement.EnumerateArray().Where(c => !c.GetProperty("ok").GetBoolean()).Select(c => c.GetRawText()).ToList();
        Assert.DoesNotContain(failed, f => !f.Contains("llama.cpp", StringComparison.Ordinal));
        Assert.Equal(failed.Count == 0 ? 0 : 1, run.Exit);
        Assert.EndsWith($" passed, {failed.Count} failed\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ATerminalGetsADrawnTable()
    {
        var plain = await CliRun.With(new ConfigFixture(), "models", "list");
        var drawn = await CliRun.With(new ConfigFixture(), true, null, TestContext.Current.CancellationToken, "models", "list");
        Assert.StartsWith("deployment  parameters  type", plain.Out, StringComparison.Ordinal);
        Assert.Contains("\u256d", drawn.Out, StringComparison.Ordinal);
        Assert.Contains("\u001b[", drawn.Out, StringComparison.Ordinal);
    }
}
