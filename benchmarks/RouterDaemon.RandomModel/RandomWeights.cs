using System.Buffers.Binary;

namespace RouterDaemon.RandomModel;

/// <summary>
/// Tensors of random weights with a given standard deviation. Quantised blocks are drawn as such: a uniform integer under one scale for
/// all blocks, whose sign is random so that the lopsided range of 4 bits does not shift the mean.
/// </summary>
internal sealed class RandomWeights(ulong seed)
{
    private const int BlockElements = 32;

    /// <summary>Standard deviation of a uniform integer from -127 to 127, and from -8 to 7.</summary>
    private const double DeviationOfInt8 = 73.6;
    private const double DeviationOfInt4 = 4.61;

    private ulong _state = seed * 2 + 1;

    /// <summary>A matrix whose products keep the scale of their input.</summary>
    public GgufTensorData Matrix(string name, int inputs, int outputs, TensorType type)
    {
        long elements = (long)inputs * outputs;
        double deviation = 1 / Math.Sqrt(inputs);
        return new GgufTensorData(name, [inputs, outputs], (uint)type, Bytes(type, elements), stream => Write(stream, type, elements, deviation));
    }

    /// <summary>A vector of ones: the weights of a norm.</summary>
    public static GgufTensorData Ones(string name, int length) => new(name, [length], (uint)TensorType.F32, 4L * length, stream =>
    {
        for (int i = 0; i < length; i++)
            stream.Write(BitConverter.GetBytes(1f));
    });

    private static long Bytes(TensorType type, long elements) => type switch
    {
        TensorType.F32 => elements * 4,
        TensorType.F16 => elements * 2,
        TensorType.Q8_0 => elements / BlockElements * 34,
        _ => elements / BlockElements * 18,
    };

    private void Write(Stream stream, TensorType type, long elements, double deviation)
    {
        int bytes = (int)Bytes(type, BlockElements);
        byte[] block = new byte[bytes];
        for (long i = 0; i < elements; i += BlockElements)
        {
            switch (type)
            {
                case TensorType.F32 or TensorType.F16:
                    Floats(block, type, deviation);
                    break;
                case TensorType.Q8_0:
                    Scale(block, deviation / DeviationOfInt8);
                    for (int k = 0; k < BlockElements; k++)
                        block[2 + k] = (byte)(sbyte)((int)(Next() % 255) - 127);
                    break;
                default:
                    Scale(block, deviation / DeviationOfInt4);
                    BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(2), Next());
                    BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(10), Next());
                    break;
            }
            stream.Write(block);
        }
    }

    private void Scale(byte[] block, double scale) =>
        BinaryPrimitives.WriteHalfLittleEndian(block, (Half)((Next() & 1) == 0 ? scale : -scale));

    private void Floats(byte[] block, TensorType type, double deviation)
    {
        for (int k = 0; k < BlockElements; k++)
        {
            // Uniform within the square root of three deviations has that deviation.
            double value = (Next() / (double)ulong.MaxValue * 2 - 1) * Math.Sqrt(3) * deviation;
            if (type == TensorType.F32)
                BinaryPrimitives.WriteSingleLittleEndian(block.AsSpan(4 * k), (float)value);
            else
                BinaryPrimitives.WriteHalfLittleEndian(block.AsSpan(2 * k), (Half)value);
        }
    }

    /// <summary>xorshift64* (Vigna, arXiv:1402.6246).</summary>
    private ulong Next()
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        return _state * 0x2545F4914F6CDD1DUL;
    }
}
