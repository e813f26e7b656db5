using System.Globalization;

namespace RouterDaemon.Engine.Gguf;

/// <summary>
/// The header of a GGUF file (ggml docs/gguf.md, versions 2 and 3): metadata and tensor list. Reading it proves that the file is
/// complete, so that damaged files are refused here with a reason and never reach llama.cpp.
/// </summary>
public sealed class GgufHeader
{
    private const uint Magic = 0x46554747;
    private const uint MaxVersion = 3;
    private const int MaxKeys = 1 << 16;
    private const int MaxTensors = 1 << 20;
    private const int MaxNameBytes = 65_535;
    private const int MaxStringBytes = 64 << 20;
    private const int KeptArrayElements = 4096;
    private const int MaxMarkBytes = 48;
    private const int MaxDimensions = 4;
    private const int DefaultAlignment = 32;

    /// <summary>How many files a split model has (llama.cpp's gguf-split).</summary>
    private const string SplitCountKey = "split.count";

    private readonly Dictionary<string, object> _values;

    private GgufHeader(string path, uint version, long fileBytes, Dictionary<string, object> values, List<GgufTensor> tensors)
    {
        Path = path;
        Version = version;
        FileBytes = fileBytes;
        _values = values;
        Tensors = tensors;
    }

    public string Path { get; }

    public uint Version { get; }

    public long FileBytes { get; }

    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <summary>Keys and values: <see cref="long"/>, <see cref="double"/>, <see cref="bool"/>, <see cref="string"/>, or a
    /// <see cref="GgufArray"/>.</summary>
    public IReadOnlyDictionary<string, object> Values => _values;

    public string Architecture => Text("general.architecture") ?? "";

    public string? Name => Text("general.name");

    public string? ChatTemplate => Text("tokenizer.chat_template");

    public int ContextTokens => (int)ArchitectureNumber("context_length");

    public int LayerCount => (int)ArchitectureNumber("block_count");

    public int EmbeddingLength => (int)ArchitectureNumber("embedding_length");

    /// <summary>Size of all tensors in bytes.</summary>
    public long WeightBytes => Tensors.Sum(t => t.Bytes);

    public long ParameterCount => Tensors.Sum(t => t.Elements);

    /// <summary>The type that most weights have, for example <c>Q4_K</c>.</summary>
    public string MainType => Tensors.Count == 0
        ? ""
        : GgmlTypes.Name(Tensors.GroupBy(t => t.Type).MaxBy(g => g.Sum(t => t.Elements))!.Key);

    /// <summary>Bytes of an F16 KV cache for one token; 0 when the header does not say enough. Recurrent and sliding-window models need less.</summary>
    public long KvBytesPerToken
    {
        get
        {
            long heads = ArchitectureNumber("attention.head_count");
            long headsKv = ArchitectureNumber("attention.head_count_kv");
            headsKv = headsKv > 0 ? headsKv : heads;
            if (heads <= 0 || LayerCount <= 0)
                return 0;
            long headSize = EmbeddingLength / heads;
            long key = ArchitectureNumber("attention.key_length") is > 0 and long k ? k : headSize;
            long value = ArchitectureNumber("attention.value_length") is > 0 and long v ? v : headSize;
            return LayerCount * headsKv * (key + value) * 2;
        }
    }

    public string? Text(string key) => _values.TryGetValue(key, out object? value) ? value as string : null;

    /// <summary>A whole number; the largest element where the file has an array (one value for each layer); 0 when absent.</summary>
    public long Number(string key) => _values.TryGetValue(key, out object? value)
        ? value switch
        {
            long n => n,
            double d => (long)d,
            GgufArray { Numbers.Count: > 0 } array => array.Numbers.Max(),
            _ => 0,
        }
        : 0;

    /// <summary>Reads and checks a file; of a split model's first part, also the others, so that the tensors are those of all parts.</summary>
    /// <exception cref="InvalidDataException">Not GGUF, damaged or truncated, or a part is missing; the message names the file and the place.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static GgufHeader Read(string path)
    {
        GgufHeader header = ReadOne(path);
        long parts = header.Number(SplitCountKey);
        if (parts <= 1 || header.Number("split.no") != 0)
            return header;
        List<GgufTensor> tensors = [.. header.Tensors];
        long bytes = header.FileBytes;
        foreach (string other in GgufParts.Others(path, parts))
        {
            GgufHeader part = ReadOne(other);
            tensors.AddRange(part.Tensors);
            bytes += part.FileBytes;
        }
        return new GgufHeader(path, header.Version, bytes, header._values, tensors);
    }

    /// <summary>Reads the header at the start of a file that is still being written, of this file alone.</summary>
    /// <param name="stream">What there is of the file, from its first byte; left open.</param>
    /// <param name="path">Its name, for messages.</param>
    /// <param name="fileBytes">Size that the whole file will have.</param>
    /// <exception cref="InvalidDataException">Not GGUF or damaged, or the whole file would be too short for its tensors.</exception>
    /// <exception cref="EndOfStreamException">The header goes on beyond what there is.</exception>
    public static GgufHeader ReadStart(Stream stream, string path, long fileBytes)
    {
        GgufReader reader = new(stream, path, fileBytes);
        uint magic = reader.UInt32("the magic number");
        if (magic != Magic)
            throw reader.Damaged(string.Create(CultureInfo.InvariantCulture, $"it starts with 0x{magic:x8}, not with \"GGUF\""));
        uint version = reader.UInt32("the version");
        if (version is 0 or > MaxVersion or 1)
            throw reader.Damaged(version == 0x03000000 ? "it is big-endian" : $"version {version} is not supported (2 and 3 are)");
        ulong tensorCount = reader.UInt64("the tensor count");
        ulong keyCount = reader.UInt64("the key count");
        if (tensorCount > MaxTensors)
            throw reader.Damaged($"it claims {tensorCount} tensors, the limit is {MaxTensors}");
        if (keyCount > MaxKeys)
            throw reader.Damaged($"it claims {keyCount} keys, the limit is {MaxKeys}");
        Dictionary<string, object> values = ReadValues(reader, (int)keyCount);
        List<GgufTensor> tensors = ReadTensors(reader, (int)tensorCount);
        GgufHeader header = new(path, version, reader.Length, values, tensors);
        header.CheckData(reader);
        return header;
    }

    private static GgufHeader ReadOne(string path)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        return ReadStart(stream, path, stream.Length);
    }

    private long ArchitectureNumber(string key) => Number($"{Architecture}.{key}");

    private static Dictionary<string, object> ReadValues(GgufReader reader, int count)
    {
        Dictionary<string, object> values = new(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            string key = reader.String(MaxNameBytes, $"the name of key {i}");
            GgufValueType type = (GgufValueType)reader.UInt32($"the type of {key}");
            if (!values.TryAdd(key, ReadValue(reader, type, key)))
                throw reader.Damaged($"key {key} appears twice");
        }
        return values;
    }

    private static object ReadValue(GgufReader reader, GgufValueType type, string key)
    {
        if (type > GgufValueType.Float64)
            throw reader.Damaged($"key {key} has the unknown type {(uint)type}");
        if (type == GgufValueType.String)
            return reader.String(MaxStringBytes, key);
        if (type != GgufValueType.Array)
            return reader.Scalar(type, key);
        GgufValueType element = (GgufValueType)reader.UInt32($"the element type of {key}");
        ulong count = reader.UInt64($"the length of {key}");
        if (element is GgufValueType.Array or > GgufValueType.Float64)
            throw reader.Damaged($"key {key} is an array of the unsupported type {(uint)element}");
        if (count > (ulong)reader.Length)
            throw reader.Damaged($"key {key} claims {count} elements in a file of {reader.Length} bytes");
        return ReadArray(reader, element, (long)count, key);
    }

    private static GgufArray ReadArray(GgufReader reader, GgufValueType element, long count, string key)
    {
        if (element == GgufValueType.String)
        {
            List<string> marks = [];
            for (long i = 0; i < count; i++)
            {
                ulong length = reader.UInt64(key);
                if (length > MaxStringBytes)
                    throw reader.Damaged($"element {i} of {key} claims {length} bytes");
                if (reader.Mark((int)length, MaxMarkBytes, key) is { } mark && marks.Count < KeptArrayElements)
                    marks.Add(mark);
            }
            return new GgufArray(element, count, []) { Marks = marks };
        }
        if (count > KeptArrayElements || element is GgufValueType.Float32 or GgufValueType.Float64)
        {
            reader.Skip(count * GgufReader.ScalarBytes(element), key);
            return new GgufArray(element, count, []);
        }
        long[] numbers = new long[count];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = reader.Scalar(element, key) switch { long n => n, true => 1, _ => 0 };
        return new GgufArray(element, count, numbers);
    }

    private static List<GgufTensor> ReadTensors(GgufReader reader, int count)
    {
        List<GgufTensor> tensors = new(Math.Min(count, 4096));
        for (int i = 0; i < count; i++)
        {
            string name = reader.String(MaxNameBytes, $"the name of tensor {i}");
            uint dimensions = reader.UInt32($"tensor {name}");
            if (dimensions > MaxDimensions)
                throw reader.Damaged($"tensor {name} has {dimensions} dimensions");
            long elements = 1;
            for (uint d = 0; d < dimensions; d++)
            {
                ulong size = reader.UInt64($"tensor {name}");
                if (size > (ulong)long.MaxValue || (size > 0 && elements > long.MaxValue / (long)size))
                    throw reader.Damaged($"tensor {name} has impossible dimensions");
                elements *= (long)size;
            }
            uint type = reader.UInt32($"tensor {name}");
            ulong offset = reader.UInt64($"tensor {name}");
            if (offset > (ulong)reader.Length || elements > long.MaxValue / 8)
                throw reader.Damaged($"tensor {name} lies at offset {offset}, beyond the end of the file: truncated");
            tensors.Add(new GgufTensor(name, type, elements, (long)offset, GgmlTypes.Bytes(type, elements)));
        }
        return tensors;
    }

    private void CheckData(GgufReader reader)
    {
        long alignment = Number("general.alignment") is > 0 and long a ? a : DefaultAlignment;
        if (alignment > 1 << 20 || (alignment & (alignment - 1)) != 0)
            throw reader.Damaged($"general.alignment is {alignment}");
        long start = (reader.Position + alignment - 1) / alignment * alignment;
        foreach (GgufTensor tensor in Tensors)
        {
            if (tensor.Bytes > reader.Length - start - tensor.Offset)
                throw reader.Damaged(
                    $"tensor {tensor.Name} needs bytes {start + tensor.Offset} to {start + tensor.Offset + tensor.Bytes}, "
                    + $"the file has {reader.Length}: truncated");
        }
    }
}
