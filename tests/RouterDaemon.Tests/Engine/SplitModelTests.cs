using RouterDaemon.Engine;
using RouterDaemon.Engine.Gguf;
using RouterDaemon.SystemTests.Support;
using RouterDaemon.Tests.Store;
using Xunit;

namespace RouterDaemon.Tests.Engine;

/// <summary>Models in several files.</summary>
public sealed class SplitModelTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheFirstPartSpeaksForAll()
    {
        var whole = GgufHeader.Read(EngineFixture.ModelPath);
        var first = GgufHeader.Read(Write(3)[0]);
        Assert.Equal((whole.WeightBytes, whole.ParameterCount, whole.Tensors.Count, whole.MainType), (first.WeightBytes, first.ParameterCount, first.Tensors.Count, first.MainType));
        Assert.Equal(Directory.GetFiles(_folder.Path).Sum(f => new FileInfo(f).Length), first.FileBytes);
        Assert.True(MemoryFit.Of(first, null, 1 << 30).Fits);
    }

    [Fact]
    public void AMissingPartIsNamed()
    {
        var parts = Write(3);
        File.Delete(parts[1]);
        var broken = Assert.Throws<InvalidDataException>(() => GgufHeader.Read(parts[0]));
        Assert.Equal($"{parts[1]} is missing: the model has 3 parts", broken.Message);
    }

    [Fact]
    public void AFirstPartUnderAnotherNameIsRefused()
    {
        var moved = _folder.File("other.gguf");
        File.Move(Write(2)[0], moved);
        Assert.Contains("is the first of 2 parts, but is not named so", Assert.Throws<InvalidDataException>(() => GgufHeader.Read(moved)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("m-00001-of-00003", "m", 1, 3)]
    [InlineData("a-00001-of-00002-00002-of-00002", "a-00001-of-00002", 2, 2)]
    public void NamesOfParts(string text, string name, int part, int parts)
    {
        Assert.Equal((name, part, parts), GgufParts.Parse(text));
        Assert.Equal(text, GgufParts.Name(name, part, parts));
    }

    [Theory]
    [InlineData("m")]
    [InlineData("m-1-of-3")]
    [InlineData("m-00000-of-00003")]
    [InlineData("m-00004-of-00003")]
    [InlineData("m-00001-of-00000")]
    public void NamesThatAreNone(string text) => Assert.Null(GgufParts.Parse(text));

    [Theory]
    [InlineData(0, false)]
    [InlineData(5_000, false)]
    [InlineData(65_536, true)]
    public void TheStartOfAFileIsEnoughForItsHeader(int bytes, bool isEnough)
    {
        var all = File.ReadAllBytes(EngineFixture.ModelPath);
        using var start = new MemoryStream(all, 0, bytes);
        if (isEnough)
        {
            Assert.Equal(2_299_392, GgufHeader.ReadStart(start, "x", all.Length).WeightBytes);
            start.Position = 0;
            Assert.Contains("truncated", Assert.Throws<InvalidDataException>(() => GgufHeader.ReadStart(start, "x", all.Length - 1000)).Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Throws<EndOfStreamException>(() => GgufHeader.ReadStart(start, "x", all.Length));
        }
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    public void MemoryIsCountedToTheByte(long more, bool fits)
    {
        var header = GgufHeader.Read(EngineFixture.ModelPath);
        var smallest = header.WeightBytes + 4 * 256 * header.KvBytesPerToken;
        var fit = MemoryFit.Of(header, null, smallest + more);
        Assert.Equal((fits, fits ? 256 : 0), (fit.Fits, fit.SlotTokens));
        Assert.Equal(fits ? smallest : header.WeightBytes, fit.NeededBytes);
    }

    private List<string> Write(int parts)
    {
        var paths = new List<string>();
        foreach (var (name, bytes) in SplitModel.Of(EngineFixture.ModelPath, "m", parts))
        {
            paths.Add(_folder.File(name));
            File.WriteAllBytes(paths[^1], bytes);
        }

        return paths;
    }
}
