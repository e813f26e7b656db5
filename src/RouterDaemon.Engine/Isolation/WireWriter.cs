using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace RouterDaemon.Engine.Isolation;

/// <summary>Builds a message between the daemon and the process of a model: little-endian numbers, lengths before texts.</summary>
internal sealed class WireWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(256);

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public void Clear() => _buffer.ResetWrittenCount();

    public void Byte(byte value)
    {
        _buffer.GetSpan(1)[0] = value;
        _buffer.Advance(1);
    }

    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void Int(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_buffer.GetSpan(sizeof(int)), value);
        _buffer.Advance(sizeof(int));
    }

    public void Long(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_buffer.GetSpan(sizeof(long)), value);
        _buffer.Advance(sizeof(long));
    }

    public void Float(float value) => Int(BitConverter.SingleToInt32Bits(value));

    public void Double(double value) => Long(BitConverter.DoubleToInt64Bits(value));

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Int(value.Length);
        _buffer.Write(value);
    }

    /// <summary>A text; null stays null.</summary>
    public void Text(string? value)
    {
        if (value is null)
            Int(-1);
        else
            Bytes(Encoding.UTF8.GetBytes(value));
    }

    public void Texts(IReadOnlyList<string> values)
    {
        Int(values.Count);
        foreach (string value in values)
            Text(value);
    }

    public void Ints(ReadOnlySpan<int> values)
    {
        Int(values.Length);
        foreach (int value in values)
            Int(value);
    }

    public void Floats(ReadOnlySpan<float> values)
    {
        Int(values.Length);
        foreach (float value in values)
            Float(value);
    }
}
