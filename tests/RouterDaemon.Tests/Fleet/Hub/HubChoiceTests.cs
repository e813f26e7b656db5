using RouterDaemon.Fleet.Hub;
using Xunit;

namespace RouterDaemon.Tests.Fleet.Hub;

public sealed class HubChoiceTests
{
    [Theory]
    [InlineData("m-Q4_K_M.gguf", "Q4_K_M")]
    [InlineData("m.Q8_0.gguf", "Q8_0")]
    [InlineData("m-q5_k_s.gguf", "q5_k_s")]
    [InlineData("m-UD-IQ2_XXS.gguf", "IQ2_XXS")]
    [InlineData("m-BF16-00001-of-00002.gguf", "BF16")]
    [InlineData("Q6_K/m-00001-of-00002.gguf", "Q6_K")]
    [InlineData("m.gguf", "")]
    [InlineData("folder/m.gguf", "")]
    public void QuantisationsAreReadOffNames(string path, string expected) => Assert.Equal(expected, HubChoice.QuantisationOf(path));

    [Theory]
    [InlineData(null, "m-Q4_K_M.gguf", null, "m-Q8_0.gguf", "m-Q4_K_M.gguf", "mmproj-m-Q4_K_M.gguf")]
    [InlineData(null, "m-Q4_K_S.gguf", "has no Q4_K_M: Q4_K_S is taken", "m-Q2_K.gguf", "m-Q8_0.gguf", "m-Q4_K_S.gguf")]
    [InlineData(null, "m.gguf", null, "m.gguf", "mmproj-m.gguf", "m.imatrix.gguf", "README.md")]
    [InlineData(null, "a.gguf", "a.gguf is taken, of a.gguf, b.gguf", "b.gguf", "a.gguf")]
    [InlineData("q8_0", "m-Q8_0.gguf", null, "x/m-Q8_0.gguf", "m-Q8_0.gguf", "m-Q4_K_M.gguf")]
    [InlineData("Q8_0", "Q8_0/m-Q8_0-00001-of-00002.gguf Q8_0/m-Q8_0-00002-of-00002.gguf", null, "Q8_0/m-Q8_0-00002-of-00002.gguf", "Q8_0/m-Q8_0-00001-of-00002.gguf")]
    public void AModelIsChosen(string? quantisation, string expected, string? note, params string[] files)
    {
        var choice = HubChoice.Of("a/m", Files(files), quantisation, null);
        Assert.Equal(expected, string.Join(' ', choice.Files.Select(f => f.Path)));
        if (note is null)
        {
            Assert.Null(choice.Note);
        }
        else
        {
            Assert.Contains(note, choice.Note, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Q5_0", null, "a/m has no Q5_0; it has Q4_K_M, Q8_0", "m-Q4_K_M.gguf", "m-Q8_0.gguf")]
    [InlineData(null, null, "a/m has no GGUF model", "mmproj-F16.gguf", "model.safetensors")]
    [InlineData(null, "m-q8.gguf", "a/m has no file m-q8.gguf, did you mean m-q80.gguf?", "m-q80.gguf")]
    [InlineData(null, null, "m-00002-of-00002.gguf: the model's 2 parts are not complete", "m-00001-of-00002.gguf")]
    public void WhatThereIsNotIsNamed(string? quantisation, string? path, string message, params string[] files) =>
        Assert.Contains(message, Assert.Throws<PullException>(() => HubChoice.Of("a/m", Files(files), quantisation, path)).Message, StringComparison.Ordinal);

    [Fact]
    public void AnyPartStandsForAll() => Assert.Equal(3, HubChoice.Of("a/m", Files("m-00001-of-00003.gguf", "m-00002-of-00003.gguf", "m-00003-of-00003.gguf"), null, "m-00002-of-00003.gguf").Files.Count);

    private static List<HubFile> Files(params string[] paths) => [.. paths.Select(p => new HubFile(p, 1, null))];
}
