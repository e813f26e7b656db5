using System.Buffers.Binary;
using RouterDaemon.Engine;
using RouterDaemon.Engine.Gguf;
using RouterDaemon.Engine.Hosting;
using Xunit;

namespace RouterDaemon.Tests.Engine;

[Collection("engine")]
public sealed class BadFileTests(EngineFixture engine) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("routerd-gguf-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void ReadsTheBundledModelsHeader()
    {
        GgufHeader header = GgufHeader.Read(EngineFixture.ModelPath);
        Assert.Equal(("llama", 1024, 5, 128), (header.Architecture, header.ContextTokens, header.LayerCount, header.EmbeddingLength));
        Assert.Equal(1_148_288, header.ParameterCount);
        Assert.Equal(2_299_392, header.WeightBytes);
        Assert.Equal(5 * 2 * (32 + 32) * 2, header.KvBytesPerToken);
        Assert.Equal("F16", header.MainType);
        Assert.Contains("<|im_start|>", header.ChatTemplate);
    }

    public static readonly TheoryData<string, int, string> Damages = new()
    {
        { "wrong magic", 0, "not with \"GGUF\"" },
        { "version", 4, "version 99 is not supported" },
        { "tensor count", 8, "tensors, the limit is" },
        { "key count", 16, "keys, the limit is" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task ADamagedHeaderIsRefusedByName(string what, int offset, string message)
    {
        byte[] bytes = File.ReadAllBytes(EngineFixture.ModelPath);
        if (offset <= 4)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(offset), 99);
        else
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(offset), ulong.MaxValue / 2);
        await RefusedAsync(Write(what, bytes), message);
    }

    [Theory]
    [InlineData(0, "inside the magic number")]
    [InlineData(3, "inside the magic number")]
    [InlineData(20, "inside the key count")]
    [InlineData(5_000, "truncated")]
    [InlineData(1_000_000, "truncated")]
    [InlineData(-1, "truncated")]
    public async Task ATruncatedFileIsRefusedByName(int length, string message)
    {
        byte[] bytes = File.ReadAllBytes(EngineFixture.ModelPath);
        await RefusedAsync(Write($"cut-{length}", bytes[..(length < 0 ? bytes.Length + length : length)]), message);
    }

    [Fact]
    public void RandomDamageNeverEscapesAsAnotherException()
    {
        byte[] good = File.ReadAllBytes(EngineFixture.ModelPath).AsSpan(0, 60_000).ToArray();
        Random random = new(11);
        for (int i = 0; i < 300; i++)
        {
            byte[] bad = (byte[])good.Clone();
            for (int n = random.Next(1, 5); n > 0; n--)
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            Exception? e = Record.Exception(() => GgufHeader.Read(Write("fuzz", bad)));
            Assert.IsType<InvalidDataException>(e);
        }
    }

    [Fact]
    public async Task AMissingFileIsNamed() => await RefusedAsync(Path.Combine(_folder, "none.gguf"), "none.gguf");

    [Fact]
    public async Task AnUnknownArchitectureIsNamed()
    {
        byte[] bytes = File.ReadAllBytes(EngineFixture.ModelPath);
        int at = bytes.AsSpan().IndexOf("general.architecture"u8) + "general.architecture".Length + 4 + 8;
        Assert.Equal("llama", System.Text.Encoding.ASCII.GetString(bytes, at, 5));
        "zzzzz"u8.CopyTo(bytes.AsSpan(at));
        await RefusedAsync(Write("arch", bytes), "unknown model architecture");
    }

    [Fact]
    public void AModelThatDoesNotFitIsRefusedWithTheNumbers()
    {
        GgufHeader header = GgufHeader.Read(EngineFixture.ModelPath);
        EngineModelOptions options = EngineFixture.Tiny() with { Slots = 4, ContextTokens = 1024 };
        long kv = 4L * 1024 * header.KvBytesPerToken;
        Assert.Equal(1024, MemoryPlan.For(header, options, Traits, 0, 0, header.WeightBytes + kv).SlotTokens);
        InvalidDataException context = Assert.Throws<InvalidDataException>(() => MemoryPlan.For(header, options, Traits, 0, 0, header.WeightBytes + kv - 1));
        Assert.Contains("4 x 1024 tokens", context.Message);
        InvalidDataException weights = Assert.Throws<InvalidDataException>(() => MemoryPlan.For(header, options, Traits, 0, 0, header.WeightBytes - 1));
        Assert.Contains("weights need 2 MiB", weights.Message);
    }

    [Fact]
    public void ContextIsCutToMemoryWhenLeftToTheEngine()
    {
        GgufHeader header = GgufHeader.Read(EngineFixture.ModelPath);
        EngineModelOptions options = EngineFixture.Tiny() with { ContextTokens = 0 };
        Assert.Equal(1024, MemoryPlan.For(header, options, Traits, 0, 0, 8L << 30).SlotTokens);
        long tight = header.WeightBytes + (128L << 20) + 2 * 4 * 512 * header.KvBytesPerToken;
        Assert.Equal(512, MemoryPlan.For(header, options, Traits, 0, 0, tight).SlotTokens);
    }

    private async Task RefusedAsync(string path, string message)
    {
        await using EngineHost host = new(engine.Log, TimeProvider.System);
        host.SetModels([EngineFixture.Tiny("bad") with { Path = path }, EngineFixture.Tiny("good")]);
        EngineException e = await Assert.ThrowsAsync<EngineException>(
            () => host.SubmitAsync("bad", EngineFixture.Ask("hi"), TestContext.Current.CancellationToken).AsTask());
        Assert.Equal(EngineErrorKind.ModelLoadFailed, e.Kind);
        Assert.Contains(path, e.Message);
        Assert.Contains(message, e.Message);
        Assert.True(host.TryGetStatus("bad", out EngineModelStatus status));
        Assert.Equal((false, false, e.Message), (status.Resident, status.Loading, status.LastError));
        Assert.Equal("Hello! How can I help you?", (await EngineFixture.RunAsync(host, EngineFixture.Ask("hi"), "good")).Text);
    }

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name + ".gguf");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static ModelTraits Traits { get; } = ModelTraits.Read(EngineFixture.ModelPath);
}
