using System.Buffers.Binary;
using System.Text;

namespace RouterDaemon.RandomModel;

/// <summary>A GGUF file (ggml docs/gguf.md, version 3) to read, change and write. Values are kept as their bytes.</summary>
internal sealed class GgufImage
{
    private const int Alignment = 32;

    private readonly List<string> _order = [];
    private readonly Dictionary<string, byte[]> _values = new(StringComparer.Ordinal);

    /// <summary>The tensors, in the file's order.</summary>
    public List<GgufTensorData> Tensors { get; } = [];

    /// <summary>Reads a file. It stays where it is: data of tensors is read when it is written again.</summary>
    public static GgufImage Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int at = 8;
        int tensors = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
        int keys = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at + 8));
        at += 16;
        GgufImage image = new();
        for (int i = 0; i < keys; i++)
        {
            string key = ReadText(file, ref at);
            int start = at;
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at));
            at += 4;
            at = ValueEnd(file, at, type);
            image.Set(key, file[start..at]);
        }
        image.ReadTensors(file, at, tensors);
        return image;
    }

    public void Set(string key, string value) => Set(key, [.. BitConverter.GetBytes(8u), .. Text(value)]);

    public void Set(string key, uint value) => Set(key, [.. BitConverter.GetBytes(4u), .. BitConverter.GetBytes(value)]);

    public void Set(string key, ushort value) => Set(key, [.. BitConverter.GetBytes(2u), .. BitConverter.GetBytes(value)]);

    public void Set(string key, int value) => Set(key, [.. BitConverter.GetBytes(5u), .. BitConverter.GetBytes(value)]);

    public void Set(string key, float value) => Set(key, [.. BitConverter.GetBytes(6u), .. BitConverter.GetBytes(value)]);

    public void Set(string key, bool value) => Set(key, [.. BitConverter.GetBytes(7u), value ? (byte)1 : (byte)0]);

    public void Set(string key, IReadOnlyList<string> values) =>
        Set(key, [.. BitConverter.GetBytes(9u), .. BitConverter.GetBytes(8u), .. BitConverter.GetBytes((ulong)values.Count), .. values.SelectMany(Text)]);

    public void Set(string key, IReadOnlyList<int> values) =>
        Set(key, [.. BitConverter.GetBytes(9u), .. BitConverter.GetBytes(5u), .. BitConverter.GetBytes((ulong)values.Count), .. values.SelectMany(BitConverter.GetBytes)]);

    public void Remove(string key)
    {
        _values.Remove(key);
        _order.Remove(key);
    }

    /// <summary>Removes all other keys.</summary>
    public void KeepOnly(string key)
    {
        foreach (string other in _order.Where(k => k != key).ToList())
            Remove(other);
    }

    /// <summary>The texts of an array of strings.</summary>
    public List<string> Texts(string key)
    {
        byte[] value = _values[key];
        int count = (int)BinaryPrimitives.ReadUInt64LittleEndian(value.AsSpan(8));
        int at = 16;
        List<string> texts = new(count);
        for (int i = 0; i < count; i++)
            texts.Add(ReadText(value, ref at));
        return texts;
    }

    /// <summary>The elements of an array of 32-bit integers.</summary>
    public List<int> Integers(string key)
    {
        byte[] value = _values[key];
        int count = (int)BinaryPrimitives.ReadUInt64LittleEndian(value.AsSpan(8));
        List<int> numbers = new(count);
        for (int i = 0; i < count; i++)
            numbers.Add(BinaryPrimitives.ReadInt32LittleEndian(value.AsSpan(16 + 4 * i)));
        return numbers;
    }

    /// <summary>Writes the file; a file that is there is replaced in one step.</summary>
    public void Write(string path)
    {
        string part = path + ".part";
        using (FileStream stream = new(part, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
        {
            WriteHeader(stream);
            foreach (GgufTensorData tensor in Tensors)
            {
                Pad(stream);
                long start = stream.Position;
                tensor.Write(stream);
                if (stream.Position - start != tensor.Bytes)
                    throw new InvalidOperationException($"{tensor.Name} wrote {stream.Position - start} bytes instead of {tensor.Bytes}");
            }
            Pad(stream);
        }
        File.Move(part, path, overwrite: true);
    }

    private void WriteHeader(FileStream stream)
    {
        stream.Write("GGUF"u8);
        stream.Write(BitConverter.GetBytes(3u));
        stream.Write(BitConverter.GetBytes((ulong)Tensors.Count));
        stream.Write(BitConverter.GetBytes((ulong)_order.Count));
        foreach (string key in _order)
        {
            stream.Write(Text(key));
            stream.Write(_values[key]);
        }
        long offset = 0;
        foreach (GgufTensorData tensor in Tensors)
        {
            stream.Write(Text(tensor.Name));
            stream.Write(BitConverter.GetBytes((uint)tensor.Dimensions.Length));
            foreach (long dimension in tensor.Dimensions)
                stream.Write(BitConverter.GetBytes(dimension));
            stream.Write(BitConverter.GetBytes(tensor.Type));
            stream.Write(BitConverter.GetBytes(offset));
            offset += Padded(tensor.Bytes);
        }
    }

    private void Set(string key, byte[] value)
    {
        if (!_values.ContainsKey(key))
            _order.Add(key);
        _values[key] = value;
    }

    private void ReadTensors(byte[] file, int at, int count)
    {
        List<(string Name, long[] Dimensions, uint Type, long Offset)> infos = [];
        for (int i = 0; i < count; i++)
        {
            string name = ReadText(file, ref at);
            long[] dimensions = new long[BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at))];
            at += 4;
            for (int d = 0; d < dimensions.Length; d++, at += 8)
                dimensions[d] = BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at));
            infos.Add((name, dimensions, BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at)), BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(at + 4))));
            at += 12;
        }
        long data = Padded(at);
        for (int i = 0; i < count; i++)
        {
            (string name, long[] dimensions, uint type, long offset) = infos[i];
            int start = (int)(data + offset);
            int end = i + 1 < count ? (int)(data + infos[i + 1].Offset) : file.Length;
            Tensors.Add(new GgufTensorData(name, dimensions, type, end - start, stream => stream.Write(file.AsSpan(start, end - start))));
        }
    }

    private static int ValueEnd(byte[] file, int at, uint type)
    {
        if (type == 8)
            return at + 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
        if (type != 9)
            return at + ScalarBytes(type);
        uint element = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at));
        int count = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at + 4));
        at += 12;
        if (element != 8)
            return at + count * ScalarBytes(element);
        for (int i = 0; i < count; i++)
            at += 8 + (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
        return at;
    }

    private static int ScalarBytes(uint type) => type switch
    {
        0 or 1 or 7 => 1,
        2 or 3 => 2,
        4 or 5 or 6 => 4,
        _ => 8,
    };

    private static string ReadText(byte[] file, ref int at)
    {
        int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
        at += 8 + length;
        return Encoding.UTF8.GetString(file, at - length, length);
    }

    private static byte[] Text(string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        return [.. BitConverter.GetBytes((ulong)bytes.Length), .. bytes];
    }

    private static long Padded(long length) => (length + Alignment - 1) / Alignment * Alignment;

    private static void Pad(FileStream stream) => stream.Write(new byte[Padded(stream.Position) - stream.Position]);
}
