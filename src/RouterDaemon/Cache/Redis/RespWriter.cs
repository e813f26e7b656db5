using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace RouterDaemon.Cache.Redis;

/// <summary>Writes commands: arrays of bulks.</summary>
internal static class RespWriter
{
    private const int MaxLengthDigits = 11;

    /// <summary>The bytes of an argument.</summary>
    public static byte[] Text(string value) => Encoding.UTF8.GetBytes(value);

    /// <summary>The bytes of an argument.</summary>
    public static byte[] Number(long value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Writes one command.</summary>
    public static void Write(IBufferWriter<byte> output, byte[][] arguments)
    {
        WriteLength(output, (byte)'*', arguments.Length);
        foreach (var argument in arguments)
        {
            WriteLength(output, (byte)'$', argument.Length);
            output.Write(argument);
            output.Write("\r\n"u8);
        }
    }

    private static void WriteLength(IBufferWriter<byte> output, byte mark, int length)
    {
        var span = output.GetSpan(MaxLengthDigits + 3);
        span[0] = mark;
        Utf8Formatter.TryFormat(length, span[1..], out var digits);
        "\r\n"u8.CopyTo(span[(digits + 1)..]);
        output.Advance(digits + 3);
    }
}
