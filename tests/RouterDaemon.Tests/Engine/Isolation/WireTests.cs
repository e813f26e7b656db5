using System.Reflection;
using RouterDaemon.Engine;
using RouterDaemon.Engine.Isolation;
using Xunit;

namespace RouterDaemon.Tests.Engine.Isolation;

/// <summary>Every property of a request crosses to a model's process: a new one that does not fails here.</summary>
public sealed class WireTests
{
    [Fact]
    public void EveryPropertyOfARequestCrosses()
    {
        GenerationRequest request = (GenerationRequest)Filled(typeof(GenerationRequest));
        WireWriter writer = new();
        RequestWire.Write(writer, request);
        AssertSame(request, RequestWire.Read(new WireReader(writer.Written)));
    }

    [Fact]
    public void DefaultsCrossToo()
    {
        GenerationRequest request = new() { Prompt = "a" };
        WireWriter writer = new();
        RequestWire.Write(writer, request);
        GenerationRequest read = RequestWire.Read(new WireReader(writer.Written));
        AssertSame(request, read);
        Assert.Null(read.Sampling.Seed);
        Assert.Null(read.Sampling.LogitBias);
        Assert.Null(read.Suffix);
    }

    [Fact]
    public void EventsCross()
    {
        TokenLogProb[] top = [new(7, "x"u8.ToArray(), -1.5f, [])];
        GenerationEvent e = new("äö"u8.ToArray(), 3, 2, [new(3, "y"u8.ToArray(), -0.5f, top)], new GenerationResult(FinishReason.StopString, 9, "end", 1, 2, 3));
        WireWriter writer = new();
        EventWire.Write(writer, e, 11);
        WireReader reader = new(writer.Written);
        Assert.Equal((byte)WireKind.Event, reader.Byte());
        GenerationEvent read = EventWire.Read(reader, out int cached);
        Assert.Equal(11, cached);
        Assert.Equal(e.Text.ToArray(), read.Text.ToArray());
        Assert.Equal((e.TokenId, e.TokenCount, e.Finished), (read.TokenId, read.TokenCount, read.Finished));
        Assert.Equal(-1.5f, read.LogProbs![0].Top[0].LogProb);
    }

    [Fact]
    public void SlotsCross()
    {
        SlotState[] slots = [new(0, SlotActivity.Prefilling, 1, 2, 3, 4, 5, 6.5, "key:x"), new(1, SlotActivity.Idle, 9, 0, 0, 0, 0, 0, null)];
        WireWriter writer = new();
        ModelWire.Write(writer, slots);
        Assert.Equal(slots, ModelWire.ReadSlots(new WireReader(writer.Written)));
    }

    [Fact]
    public void AModelsOptionsCross()
    {
        EngineModelOptions options = new()
        {
            Id = "m",
            Path = "/m.gguf",
            ContextTokens = 5,
            Slots = 3,
            GpuLayers = 2,
            Deterministic = true,
            Pooling = PoolingKind.Last,
            Threads = 7,
            Isolation = EngineIsolation.None,
            Adapters = new AdapterFiles([new("/a.gguf", 0.5f), new("/b.gguf", 0)]),
        };
        WireWriter writer = new();
        ModelWire.Write(writer, options);
        Assert.Equal(options, ModelWire.ReadOptions(new WireReader(writer.Written)));
    }

    private static object Filled(Type type)
    {
        object value = Activator.CreateInstance(type)!;
        int n = 1;
        foreach (PropertyInfo property in Properties(type))
            property.SetValue(value, Value(property.PropertyType, ++n));
        return value;
    }

    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite && p.Name != "EqualityContract");

    private static object? Value(Type type, int n) => type switch
    {
        _ when type == typeof(ReadOnlyMemory<byte>) => new ReadOnlyMemory<byte>([(byte)n, 1]),
        _ when type == typeof(ReadOnlyMemory<int>) => new ReadOnlyMemory<int>([n, 1]),
        _ when type == typeof(string) => $"text {n}",
        _ when type == typeof(bool) => n % 2 == 0,
        _ when type == typeof(int) => n,
        _ when type == typeof(float) => n + 0.25f,
        _ when type == typeof(uint?) => (uint)n,
        _ when type == typeof(IReadOnlyList<string>) => (string[])[$"a{n}", "b"],
        _ when type == typeof(IReadOnlyList<AdapterScale>) => (AdapterScale[])[new(n, 0.5f), new(n + 1, -2)],
        _ when type == typeof(IReadOnlyDictionary<int, float>) => new Dictionary<int, float> { [n] = float.NegativeInfinity, [n + 1] = 2 },
        _ when type == typeof(SamplingOptions) => Filled(type),
        _ => throw new NotSupportedException($"{type}: teach this test a value"),
    };

    private static void AssertSame(object expected, object actual)
    {
        foreach (PropertyInfo property in Properties(expected.GetType()))
        {
            (object? e, object? a) = (property.GetValue(expected), property.GetValue(actual));
            switch (e)
            {
                case ReadOnlyMemory<byte> bytes:
                    Assert.Equal(bytes.ToArray(), ((ReadOnlyMemory<byte>)a!).ToArray());
                    break;
                case ReadOnlyMemory<int> ints:
                    Assert.Equal(ints.ToArray(), ((ReadOnlyMemory<int>)a!).ToArray());
                    break;
                case IReadOnlyList<string> texts:
                    Assert.Equal(texts, (IReadOnlyList<string>)a!);
                    break;
                case IReadOnlyList<AdapterScale> adapters:
                    Assert.Equal(adapters, (IReadOnlyList<AdapterScale>)a!);
                    break;
                case IReadOnlyDictionary<int, float> bias:
                    Assert.Equal(bias.OrderBy(b => b.Key), ((IReadOnlyDictionary<int, float>)a!).OrderBy(b => b.Key));
                    break;
                case SamplingOptions sampling:
                    AssertSame(sampling, a!);
                    break;
                default:
                    Assert.True(Equals(e, a), $"{property.Name}: {e} became {a}");
                    break;
            }
        }
    }
}
