using System.Buffers.Binary;
using System.Text;

namespace RouterDaemon.Engine.Gguf;

/// <summary>Reads the primitive values of a header, every length checked against the file before anything is allocated.</summary>
internal sealed class GgufReader(Stream stream, string path, long length)
{
    private readonly byte[] _scratch = new byte[8];

    /// <summary>Size of the whole file, of which the stream may hold only the start.</summary>
    public long Length { get; } = length;

    public long Position { get; private set; }

    public uint UInt32(string what)
    {
        Fill(4, what);
        return BinaryPrimitives.ReadUInt32LittleEndian(_scratch);
    }

    public ulong UInt64(string what)
    {
        Fill(8, what);
        return BinaryPrimitives.ReadUInt64LittleEndian(_scratch);
    }

    public string String(long maxBytes, string what)
    {
        ulong length = UInt64(what);
        if (length > (ulong)maxBytes)
            throw Damaged($"{what} claims {length} bytes, the limit is {maxBytes}");
        RequireLeft((long)length, what);
        byte[] bytes = new byte[(int)length];
        stream.ReadExactly(bytes);
        Position += bytes.Length;
        return Encoding.UTF8.GetString(bytes);
    }

    public object Scalar(GgufValueType type, string what)
    {
        Fill(ScalarBytes(type), what);
        ReadOnlySpan<byte> s = _scratch;
        return type switch
        {
            GgufValueType.UInt8 => (long)s[0],
            GgufValueType.Int8 => (long)(sbyte)s[0],
            GgufValueType.UInt16 => (long)BinaryPrimitives.ReadUInt16LittleEndian(s),
            GgufValueType.Int16 => (long)BinaryPrimitives.ReadInt16LittleEndian(s),
            GgufValueType.UInt32 => (long)BinaryPrimitives.ReadUInt32LittleEndian(s),
            GgufValueType.Int32 => (long)BinaryPrimitives.ReadInt32LittleEndian(s),
            GgufValueType.UInt64 or GgufValueType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(s),
            GgufValueType.Float32 => (double)BinaryPrimitives.ReadSingleLittleEndian(s),
            GgufValueType.Float64 => BinaryPrimitives.ReadDoubleLittleEndian(s),
            _ => s[0] != 0,
        };
    }

    public void Skip(long bytes, string what)
    {
        RequireLeft(bytes, what);
        stream.Seek(bytes, SeekOrigin.Current);
        Position += bytes;
    }

    /// <summary>Passes over a string. Its text is returned when it is short and framed by angle brackets, as special tokens are.</summary>
    public string? Mark(int length, int maxBytes, string what)
    {
        if (length < 2 || length > maxBytes)
        {
            Skip(length, what);
            return null;
        }
        RequireLeft(length, what);
        Span<byte> bytes = stackalloc byte[length];
        stream.ReadExactly(bytes);
        Position += length;
        return bytes[^1] == (byte)'>' && bytes.Contains((byte)'<') ? Encoding.UTF8.GetString(bytes) : null;
    }

    public static int ScalarBytes(GgufValueType type) => type switch
    {
        GgufValueType.UInt8 or GgufValueType.Int8 or GgufValueType.Bool => 1,
        GgufValueType.UInt16 or GgufValueType.Int16 => 2,
        GgufValueType.UInt32 or GgufValueType.Int32 or GgufValueType.Float32 => 4,
        GgufValueType.UInt64 or GgufValueType.Int64 or GgufValueType.Float64 => 8,
        _ => 0,
    };

    public InvalidDataException Damaged(string why) => new($"{path} is not a usable GGUF file: {why}");

    private void Fill(int bytes, string what)
    {
        RequireLeft(bytes, what);
        stream.ReadExactly(_scratch.AsSpan(0, bytes));
        Position += bytes;
    }

    private void RequireLeft(long bytes, string what)
    {
        if (bytes > Length - Position)
            throw Damaged($"it ends at byte {Length} inside {what} (byte {Position}): truncated");
    }
}
