using System.Text.Json;
using RouterDaemon.SystemTests.Support;
using RouterDaemon.Tests.Config;
using RouterDaemon.Tests.Fleet.Found;
using RouterDaemon.Tests.Fleet.Hub;
using RouterDaemon.Tests.Store;
using Xunit;

namespace RouterDaemon.Tests.Cli;

/// <summary><c>models pull</c>, <c>discover</c> and what <c>info</c> says of the files afterwards.</summary>
public sealed class ModelsVerbTests : IDisposable
{
    private readonly TempFolder _home = new();
    private readonly OtherPrograms _there = new();

    public void Dispose()
    {
        _home.Dispose();
        _there.Dispose();
    }

    [Fact]
    public async Task AddLinksAFileThatLiesAnywhere()
    {
        using var elsewhere = new TempFolder();
        var file = elsewhere.File("My Model-Q8_0.gguf");
        File.WriteAllBytes(file, PullFixture.Model);
        var fixture = Home(new Uri("http://127.0.0.1:1"));
        var added = await CliRun.With(fixture, "models", "add", file);
        var link = Assert.Single(Directory.GetFiles(_home.File("models")));
        Assert.Equal(file, new FileInfo(link).LinkTarget);
        var id = added.Out.Trim();
        Assert.Equal((0, $"routerd: a running daemon serves it at once; ask for \"model\": \"{id}\" (routerd models info {id})\n"), (added.Exit, added.Error));
        using var again = JsonDocument.Parse((await CliRun.With(fixture, "models", "add", file, "--json")).Out);
        Assert.Equal((id, id + "/local", Path.GetFileName(link)), (again.RootElement.GetProperty("id").GetString(), again.RootElement.GetProperty("deployment").GetString(), again.RootElement.GetProperty("linked_as").GetString()));
        Assert.Equal(0, (await CliRun.With(fixture, "models", "info", id)).Exit);

        var other = elsewhere.File("other.gguf");
        File.WriteAllBytes(other, PullFixture.Model);
        Assert.Equal((0, "mine\n"), ((await CliRun.With(fixture, "models", "add", other, "--name", "mine")) is var named ? (named.Exit, named.Out) : default));
        File.WriteAllText(elsewhere.File("page.gguf"), "<html>");
        var page = await CliRun.With(fixture, "models", "add", elsewhere.File("page.gguf"));
        Assert.Equal(1, page.Exit);
        Assert.Contains("page.gguf is not added: ", page.Error);
        var missing = await CliRun.With(fixture, "models", "add", elsewhere.File("missing.gguf"));
        Assert.Equal((1, $"routerd: {elsewhere.File("missing.gguf")} is not added: the file is missing\n"), (missing.Exit, missing.Error));
        var taken = await CliRun.With(fixture, "models", "add", file, "--name", "mine");
        Assert.Equal(0, taken.Exit);
        Assert.Equal(2, Directory.GetFiles(_home.File("models")).Length);
    }

    [Fact]
    public async Task PullSaysWhatItDidAndHowToUseIt()
    {
        await using var hub = await FakeHub.StartAsync();
        hub.Files["tiny-Q4_K_S.gguf"] = PullFixture.Model;
        hub.Files["tiny-Q8_0.gguf"] = [1];
        var file = _home.File("models/tiny-Q4_K_S.gguf");
        var fixture = Home(hub.Url);
        var run = await CliRun.With(fixture, "models", "pull", "hf.co/ada/model-GGUF");
        Assert.Equal((0, "tiny\n"), (run.Exit, run.Out));
        Assert.Equal(
            $"""
            routerd: ada/model-GGUF has no Q4_K_M: Q4_K_S is taken
            routerd: it will need 7.2 MiB of memory with a context of 1024 tokens
            routerd: {file}: 2.2 MiB, SHA-256 as listed
            routerd: a running daemon serves it at once; ask for "model": "tiny" (routerd models info tiny)

            """,
            run.Error);
        Assert.All(hub.Requests, r => Assert.Equal("Bearer " + PullFixture.Token, r.Authorization));

        var again = await CliRun.With(fixture, "models", "pull", "hf.co/ada/model-GGUF", "--json");
        Assert.Equal(0, again.Exit);
        using var json = JsonDocument.Parse(again.Out);
        Assert.Equal(["id", "deployment", "was_there", "files"], json.RootElement.EnumerateObject().Select(p => p.Name));
        Assert.Equal(("tiny/local", true), (json.RootElement.GetProperty("deployment").GetString(), json.RootElement.GetProperty("was_there").GetBoolean()));
        var pulled = Assert.Single(json.RootElement.GetProperty("files").EnumerateArray());
        var source = $"{hub.Url}ada/model-GGUF/resolve/main/tiny-Q4_K_S.gguf";
        Assert.Equal((file, source, PullFixture.Model.Length, FakeHub.Sha256(PullFixture.Model), true), (
            pulled.GetProperty("file").GetString(), pulled.GetProperty("source").GetString(), pulled.GetProperty("size_bytes").GetInt32(),
            pulled.GetProperty("sha256").GetString(), pulled.GetProperty("verified").GetBoolean()));

        var info = await CliRun.With(fixture, "models", "info", "tiny");
        Assert.Matches($"\npulled from +{System.Text.RegularExpressions.Regex.Escape(source)}\nSHA-256 +{FakeHub.Sha256(PullFixture.Model)}\n", info.Out);
        using var infoJson = JsonDocument.Parse((await CliRun.With(fixture, "models", "info", "tiny", "--json")).Out);
        Assert.Equal(source, infoJson.RootElement.GetProperty("pulled_from").GetString());
        foreach (var text in (string[])[run.Error, again.Error, again.Out, info.Out])
        {
            Assert.DoesNotContain(PullFixture.Token, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task APullThatIsStoppedEndsWith130AndGoesOn()
    {
        await using var hub = await FakeHub.StartAsync();
        hub.Files["tiny-Q4_K_M.gguf"] = PullFixture.Model;
        var open = new TaskCompletionSource();
        hub.Gate = open.Task;
        using var stop = new CancellationTokenSource();
        var running = CliRun.With(Home(hub.Url), false, null, stop.Token, "models", "pull", "ada/model-GGUF", "--json");
        var part = _home.File("models/tiny-Q4_K_M.gguf.part");
        await Eventually.TrueAsync(() => File.Exists(part) && new FileInfo(part).Length > 0, TimeSpan.FromSeconds(10), () => "nothing came");
        await stop.CancelAsync();
        var run = await running;
        Assert.Equal((130, ""), (run.Exit, run.Out));
        Assert.EndsWith("routerd: stopped; what is there is kept, and the same command goes on\n", run.Error, StringComparison.Ordinal);
        open.SetResult();
        Assert.Equal(0, (await CliRun.With(Home(hub.Url), "models", "pull", "ada/model-GGUF")).Exit);
        Assert.StartsWith("bytes=", hub.FileRequests[^1].Range, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama3", 2, "routerd: \"llama3\" is not a name to pull: give owner/repository, owner/repository:QUANTISATION, owner/repository/file.gguf or https://host/file.gguf\n")]
    [InlineData("ada/nothing", 1, "routerd: ada/nothing: not found on 127.0.0.1\n")]
    public async Task WhatCannotBePulledIsSaid(string name, int exit, string error)
    {
        await using var hub = await FakeHub.StartAsync();
        Assert.Equal(new CliRun(exit, "", error), await CliRun.With(Home(hub.Url), "models", "pull", name, "--json"));
    }

    [Fact]
    public async Task AConfiguredModelKeepsItsName()
    {
        await using var hub = await FakeHub.StartAsync();
        hub.Files["tiny-Q4_K_M.gguf"] = PullFixture.Model;
        var run = await CliRun.With(Home(hub.Url).With("models: [{ id: tiny, file: /etc/ada/x }]"), "models", "pull", "ada/model-GGUF");
        Assert.Equal((0, ""), (run.Exit, run.Out));
        Assert.EndsWith("routerd: a configured model has the same name, so the daemon does not serve the file: rename one of them\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DiscoverListsAndLinks()
    {
        _there.Ollama("registry.ollama.ai/library/llama3.2/3b");
        _there.Ollama("registry.ollama.ai/library/llama3.2/latest");
        _there.Write(_there.Model(i => i.Set("general.architecture", "clip")), ".lmstudio", "models", "mmproj-x.gguf");
        _there.HubCache("ada/m-GGUF", "r1", "m-Q8_0.gguf");
        var fixture = Home(new Uri("http://127.0.0.1:1"));
        var list = await CliRun.With(fixture, "models", "discover");
        Assert.Equal(
            new CliRun(
                0,
                """
                name         source        size     architecture  context  fits  in the models folder
                llama3.2-3b  ollama        2.2 MiB  llama         1024     yes   no
                mmproj-x     lm-studio     2.2 MiB  -             -        -     left out: a projector for pictures, no model of its own
                m-Q8_0       hugging-face  2.2 MiB  llama         1024     yes   no

                """,
                "Serve one with \"routerd models discover --link llama3.2-3b\", or all with \"--link all\".\n"),
            list);

        // By Ollama's name and by ours; what cannot be linked is said.
        var some = await CliRun.With(fixture, "models", "discover", "--link", "llama3.2:latest", "mmproj-x", "m-Q80");
        Assert.Equal(1, some.Exit);
        Assert.Contains("routerd: mmproj-x is not linked: a projector for pictures, no model of its own\nrouterd: there is no \"m-Q80\", did you mean \"m-Q8_0\"?\n", some.Error, StringComparison.Ordinal);
        Assert.Contains("yes   llama3.2-3b.gguf\n", some.Out, StringComparison.Ordinal);
        Assert.Equal(["llama3.2-3b.gguf"], Directory.GetFiles(_home.File("models")).Select(Path.GetFileName));

        var all = await CliRun.With(fixture, "models", "discover", "--json", "--link", "all");
        Assert.Equal((0, ""), (all.Exit, all.Error));
        using var json = JsonDocument.Parse(all.Out);
        Assert.Equal(
            [("llama3.2-3b", "llama3.2:3b", "llama3.2-3b.gguf", null), ("mmproj-x", "mmproj-x", null, "a projector for pictures, no model of its own"), ("m-Q8_0", "m-Q8_0", "m-Q8_0.gguf", (string?)null)],
            json.RootElement.EnumerateArray().Select(m => (m.GetProperty("name").GetString(), m.GetProperty("name_there").GetString(), m.GetProperty("linked_as").GetString(), m.GetProperty("problem").GetString())));
        Assert.Equal((0, ""), ((await CliRun.With(fixture, "models", "discover", "--link")).Exit, (await CliRun.With(fixture, "models", "discover", "--link")).Error));
        Assert.Contains("m/local", (await CliRun.With(fixture, "models", "list")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DiscoverSaysWhereItLooked()
    {
        var run = await CliRun.With(Home(new Uri("http://127.0.0.1:1")), "models", "discover");
        Assert.Equal((0, ""), (run.Exit, run.Out));
        Assert.StartsWith($"No GGUF files in {_there.Path("ollama")}, {_there.Path(".lmstudio", "models")}, ", run.Error, StringComparison.Ordinal);
    }

    private ConfigFixture Home(Uri hub)
    {
        var fixture = new ConfigFixture { UserDirectory = _there.User };
        foreach (var (name, value) in _there.Environment)
        {
            fixture.Environment[name] = value;
        }

        fixture.Environment["ROUTERD_HOME"] = _home.Path;
        fixture.Environment["HF_ENDPOINT"] = hub.AbsoluteUri;
        fixture.Environment["HF_TOKEN"] = PullFixture.Token;
        return fixture;
    }
}
