using RouterDaemon.Fleet.Hub;
using Xunit;

namespace RouterDaemon.Tests.Fleet.Hub;

public sealed class PullNameTests
{
    private static readonly Uri Endpoint = new("https://hub.example/");

    [Theory]
    [InlineData("ada/model-GGUF", "ada/model-GGUF", null, null, "main")]
    [InlineData("ada/model-GGUF:q8_0", "ada/model-GGUF", "q8_0", null, "main")]
    [InlineData("hf.co/ada/model-GGUF:Q4_K_M", "ada/model-GGUF", "Q4_K_M", null, "main")]
    [InlineData("huggingface.co/ada/model", "ada/model", null, null, "main")]
    [InlineData("ada/model/Q8/model-Q8_0.gguf", "ada/model", null, "Q8/model-Q8_0.gguf", "main")]
    [InlineData("https://huggingface.co/ada/model", "ada/model", null, null, "main")]
    [InlineData("https://huggingface.co/ada/model/blob/main/a%20b.gguf", "ada/model", null, "a b.gguf", "main")]
    [InlineData("https://hub.example/ada/model/resolve/v2/x/y.gguf?download=true", "ada/model", null, "x/y.gguf", "v2")]
    public void NamesOfTheHub(string text, string repository, string? quantisation, string? path, string revision)
    {
        var name = PullName.Parse(text, Endpoint);
        Assert.Equal((repository, quantisation, path, revision, null), (name.Repository, name.Quantisation, name.FilePath, name.Revision, name.Url));
    }

    [Theory]
    [InlineData("https://files.example/a/b.gguf?key=1")]
    [InlineData("http://127.0.0.1:9/b.gguf")]
    public void Addresses(string text) => Assert.Equal(new Uri(text), PullName.Parse(text, Endpoint).Url);

    [Theory]
    [InlineData("llama3.2", "is not a name to pull: give owner/repository")]
    [InlineData("", "is not a name to pull")]
    [InlineData("ada/", "is not a name to pull")]
    [InlineData("../etc", "is not a name to pull")]
    [InlineData("ada/..", "is not a name to pull")]
    [InlineData("ada/model/../x.gguf", "is not a name to pull")]
    [InlineData("ada/model/.hidden.gguf", "is not a name to pull")]
    [InlineData("ada/model/readme.md", "is not a name to pull")]
    [InlineData("ada/model:Q4/x.gguf", "is not a name to pull")]
    [InlineData("ada/model:", "is not a name to pull")]
    [InlineData("http://files.example/b.gguf", "over https only")]
    [InlineData("ftp://files.example/b.gguf", "over https only")]
    [InlineData("https://files.example/b.bin", "does not name a .gguf file")]
    [InlineData("https://files.example/..%2Fb.gguf", "does not name a .gguf file")]
    [InlineData("https://ada:pw@files.example/b.gguf", "user name or password")]
    [InlineData("https://huggingface.co/ada/model/resolve/main/config.json", "neither a repository nor a GGUF file")]
    public void WhatIsNoName(string text, string message)
    {
        var wrong = Assert.Throws<FormatException>(() => PullName.Parse(text, Endpoint));
        Assert.Contains(message, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pw", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ALongNameIsARepositoryUpToItsLimit()
    {
        Assert.NotNull(PullName.Parse("a/" + new string('m', 96), Endpoint).Repository);
        Assert.Throws<FormatException>(() => PullName.Parse("a/" + new string('m', 97), Endpoint));
    }

    [Fact]
    public void TheHubsVariables()
    {
        Assert.Equal("https://huggingface.co/", HubSettings.From(new Dictionary<string, string>()).Endpoint.AbsoluteUri);
        var set = HubSettings.From(new Dictionary<string, string> { ["HF_ENDPOINT"] = "https://mirror.example/hf/", ["HF_TOKEN"] = " hf_x\n" });
        Assert.Equal(("https://mirror.example/hf/", "hf_x"), (set.Endpoint.AbsoluteUri, set.Token!.Reveal()));
        Assert.Throws<FormatException>(() => HubSettings.From(new Dictionary<string, string> { ["HF_ENDPOINT"] = "mirror" }));
    }
}
