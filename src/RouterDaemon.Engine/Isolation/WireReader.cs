using System.Buffers.Binary;
using System.Text;

namespace RouterDaemon.Engine.Isolation;

/// <summary>Reads what <see cref="WireWriter"/> wrote, in the same order.</summary>
internal sealed class WireReader(ReadOnlyMemory<byte> message)
{
    private int _at;

    public byte Byte() => Take(1)[0];

    public bool Bool() => Byte() != 0;

    public int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public float Float() => BitConverter.Int32BitsToSingle(Int());

    public double Double() => BitConverter.Int64BitsToDouble(Long());

    public byte[] Bytes() => Take(Int()).ToArray();

    public string? Text() => Int() is >= 0 and var length ? Encoding.UTF8.GetString(Take(length)) : null;

    public string[] Texts()
    {
        string[] values = new string[Int()];
        for (int i = 0; i < values.Length; i++)
            values[i] = Text()!;
        return values;
    }

    public int[] Ints()
    {
        int[] values = new int[Int()];
        for (int i = 0; i < values.Length; i++)
            values[i] = Int();
        return values;
    }

    public float[] Floats()
    {
        float[] values = new float[Int()];
        for (int i = 0; i < values.Length; i++)
            values[i] = Float();
        return values;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        ReadOnlySpan<byte> taken = message.Span.Slice(_at, length);
        _at += length;
        return taken;
    }
}
