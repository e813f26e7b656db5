using RouterDaemon.Engine.Gguf;
using RouterDaemon.Fleet;
using RouterDaemon.Fleet.Found;
using RouterDaemon.SystemTests.Support;
using RouterDaemon.Tests.Engine;
using Xunit;

namespace RouterDaemon.Tests.Fleet.Found;

public sealed class ModelDiscoveryTests : IDisposable
{
    private readonly OtherPrograms _there = new();

    public void Dispose() => _there.Dispose();

    [Fact]
    public void OllamasModelsHaveTheirNames()
    {
        var blob = _there.Ollama("registry.ollama.ai/library/llama3.2/3b");
        _there.Ollama("registry.ollama.ai/library/llama3.2/latest");
        _there.Ollama("registry.ollama.ai/ada/mine/latest", i => i.Set("general.name", "a"));
        _there.Ollama("hf.co/ada/Qwen3-GGUF/Q8_0", i => i.Set("general.name", "b"));
        _there.Write("{}"u8.ToArray(), "ollama", "manifests", "registry.ollama.ai", "library", "odd", "1");
        _there.Write("[]"u8.ToArray(), "ollama", "manifests", "registry.ollama.ai", "library", "odd", "2");
        _there.Write("{"u8.ToArray(), "ollama", "manifests", "registry.ollama.ai", "library", "odd", "3");
        var models = Find();
        Assert.Equal(
            [("Qwen3-Q8_0", "hf.co/ada/Qwen3-GGUF:Q8_0"), ("mine", "ada/mine:latest"), ("llama3.2-3b", "llama3.2:3b")],
            models.Select(m => (m.File.Name, m.File.NameThere)));
        Assert.All(models, m => Assert.Equal((FoundIn.Ollama, null, "llama", null), (m.File.Program, m.Problem, m.Header?.Architecture, m.LinkedAs)));
        Assert.Equal(blob, models[2].File.Path);
        Assert.Equal(["llama3.2:latest"], models[2].OtherNamesThere);
    }

    [Fact]
    public void EachFileIsListedOnceUnderANameOfItsOwn()
    {
        var file = _there.Write(_there.Model(), ".lmstudio", "models", "ada", "m-GGUF", "m-Q8_0.gguf");
        _there.Write(_there.Model(i => i.Set("general.name", "other")), ".cache", "lm-studio", "models", "eve", "m-GGUF", "m-Q8_0.gguf");
        _there.Write(_there.Model(), ".cache", "llama.cpp", "ada_m-GGUF_m-Q8_0.gguf");
        _there.HubCache("ada/m-GGUF", "r1", "m-Q8_0.gguf");
        _there.HubCache("ada/m-GGUF", "r2", "m-Q8_0.gguf");
        // A link to a file that is listed already, and links in a circle.
        File.CreateSymbolicLink(_there.Path(".lmstudio", "models", "again.gguf"), file);
        File.CreateSymbolicLink(_there.Path(".lmstudio", "models", "circle.gguf"), _there.Path(".lmstudio", "models", "circle.gguf"));
        Directory.CreateSymbolicLink(_there.Path(".lmstudio", "models", "up"), _there.User);
        var models = Find();
        Assert.Equal(
            ["m-Q8_0 lm-studio", "circle lm-studio", "lm-studio-m-Q8_0 lm-studio", "llama.cpp-m-Q8_0 llama.cpp", "hugging-face-m-Q8_0 hugging-face"],
            models.Select(m => $"{m.File.Name} {ProgramFolders.Name(m.File.Program)}"));
        Assert.Equal(["circle"], models.Where(m => m.Problem is not null).Select(m => m.File.Name));
    }

    [Fact]
    public void WhatCannotBeServedIsLeftOutWithItsReason()
    {
        foreach (var (name, bytes) in SplitModel.Of(EngineFixture.ModelPath, "split", 2))
        {
            _there.Write(bytes, ".lmstudio", "models", name);
        }

        var whole = _there.Model();
        _there.Write(SplitModel.Of(EngineFixture.ModelPath, "torn", 2)[0].Bytes, ".lmstudio", "models", "torn-00001-of-00002.gguf");
        _there.Write(whole[..^1000], ".lmstudio", "models", "cut.gguf");
        _there.Write([], ".lmstudio", "models", "empty.gguf");
        _there.Write(_there.Model(i => i.Set("general.architecture", "clip")), ".lmstudio", "models", "eye.gguf");
        _there.Write(_there.Model(i => i.Set("general.type", "adapter")), ".lmstudio", "models", "lora.gguf");
        _there.Write(_there.Model(i => i.Set("general.type", "model")), ".lmstudio", "models", "mmproj-x.gguf");
        _there.Write(_there.Model(i => i.Tensors.Clear()), ".lmstudio", "models", "words.gguf");
        _there.Ollama("registry.ollama.ai/library/half/1b", listedBytes: whole.Length + 1);
        File.Delete(_there.Ollama("registry.ollama.ai/library/gone/1b", i => i.Set("general.name", "gone")));
        var problems = Find().ToDictionary(m => m.File.Name, m => m.Problem);
        Assert.Null(problems["split-00001-of-00002"]);
        Assert.Equal("part 2 of 2; the first stands for all", problems["split-00002-of-00002"]);
        Assert.EndsWith("torn-00002-of-00002.gguf is missing: the model has 2 parts", problems["torn-00001-of-00002"], StringComparison.Ordinal);
        Assert.EndsWith("truncated", problems["cut"], StringComparison.Ordinal);
        Assert.StartsWith("the file is not a usable GGUF file: it ends at byte 0", problems["empty"], StringComparison.Ordinal);
        Assert.Equal("a projector for pictures, no model of its own", problems["eye"]);
        Assert.Equal("a projector for pictures, no model of its own", problems["mmproj-x"]);
        Assert.Equal("its type is \"adapter\", not \"model\"", problems["lora"]);
        Assert.Equal("a vocabulary without weights", problems["words"]);
        Assert.Equal($"{whole.Length} of {whole.Length + 1} bytes are there: not downloaded to its end", problems["half-1b"]);
        Assert.Equal("the file is missing", problems["gone-1b"]);
        Assert.Equal(11, problems.Count);
    }

    [Fact]
    public void ALinkIsAModelOfTheFolder()
    {
        var blob = _there.Ollama("registry.ollama.ai/library/llama3.2/3b");
        Assert.Equal("llama3.2-3b.gguf", ModelLinks.Link(Assert.Single(Find()), _there.ModelsFolder));
        var model = Assert.Single(ModelsFolder.Scan(_there.ModelsFolder));
        Assert.Equal(("llama3.2-3b", blob), (model.Id, File.ResolveLinkTarget(model.FilePath, true)!.FullName));
        Assert.Equal(2_299_392, GgufHeader.Read(model.FilePath).WeightBytes);
        Assert.Equal("llama3.2-3b.gguf", Assert.Single(Find()).LinkedAs);
        // Once more changes nothing.
        Assert.Equal("llama3.2-3b.gguf", ModelLinks.Link(Assert.Single(Find()), _there.ModelsFolder));
        Assert.Single(Directory.GetFiles(_there.ModelsFolder));
    }

    [Fact]
    public void ASplitModelIsLinkedWhole()
    {
        foreach (var (name, bytes) in SplitModel.Of(EngineFixture.ModelPath, "big-Q8_0", 3))
        {
            _there.Write(bytes, ".lmstudio", "models", "ada", name);
        }

        Assert.Equal("big-Q8_0-00001-of-00003.gguf", ModelLinks.Link(Find()[0], _there.ModelsFolder));
        Assert.Equal(3, Directory.GetFiles(_there.ModelsFolder).Length);
        var model = Assert.Single(ModelsFolder.Scan(_there.ModelsFolder));
        Assert.Equal(("big", 2_299_392L), (model.Id, GgufHeader.Read(model.FilePath).WeightBytes));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void NothingIsReplaced(bool isBrokenLink)
    {
        _there.Write(_there.Model(), ".lmstudio", "models", "m.gguf");
        var taken = Path.Combine(_there.ModelsFolder, "m.gguf");
        if (isBrokenLink)
        {
            Directory.CreateDirectory(_there.ModelsFolder);
            File.CreateSymbolicLink(taken, _there.Path("nowhere.gguf"));
        }
        else
        {
            _there.Write([1], "models", "m.gguf");
        }

        var refused = Assert.Throws<IOException>(() => ModelLinks.Link(Find()[0], _there.ModelsFolder));
        Assert.Equal($"{taken} is another file of that name: move it away first", refused.Message);
    }

    [Fact]
    public void FoldersFollowTheProgramsVariables()
    {
        var usual = ProgramFolders.Of(new Dictionary<string, string>(), "/home/ada").Select(f => f.Folder).ToList();
        Assert.Contains("/home/ada/.ollama/models", usual);
        Assert.Contains("/usr/share/ollama/.ollama/models", usual);
        Assert.Contains("/home/ada/.lmstudio/models", usual);
        Assert.Contains("/home/ada/.cache/lm-studio/models", usual);
        Assert.Contains(OperatingSystem.IsMacOS() ? "/home/ada/Library/Caches/llama.cpp" : "/home/ada/.cache/llama.cpp", usual);
        Assert.Contains("/home/ada/.cache/huggingface/hub", usual);
        var set = ProgramFolders.Of(
            new Dictionary<string, string> { ["OLLAMA_MODELS"] = "/o", ["LLAMA_CACHE"] = "/l", ["HF_HOME"] = "/h", ["XDG_CACHE_HOME"] = "relative" }, "/home/ada");
        Assert.Equal(["/o", "/home/ada/.lmstudio/models", "/home/ada/.cache/lm-studio/models", "/l", "/h/hub"], set.Select(f => f.Folder));
        Assert.Equal("/c", ProgramFolders.Of(new Dictionary<string, string> { ["HF_HUB_CACHE"] = "/c", ["HF_HOME"] = "/h" }, "/home/ada")[^1].Folder);
    }

    private List<FoundModel> Find() =>
        ModelDiscovery.Find(ProgramFolders.Of(_there.Environment, _there.User), _there.ModelsFolder, TestContext.Current.CancellationToken);
}
