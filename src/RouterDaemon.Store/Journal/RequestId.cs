using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace RouterDaemon.Store.Journal;

/// <summary>
/// 16 bytes, shown as <c>req_</c> and 32 hexadecimal digits. The first 48 bits are the time in milliseconds, as in
/// UUID version 7 (RFC 9562), so that rows arrive in index order.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct RequestId(ulong High, ulong Low)
{
    /// <summary>Characters of the text form.</summary>
    public const int TextLength = 4 + 32;

    /// <summary>An id from a time and 80 random bits (the lower 16 of <paramref name="random1"/>, all of <paramref name="random2"/>).</summary>
    public static RequestId Create(long unixMs, ulong random1, ulong random2) => new(((ulong)unixMs << 16) | (random1 & 0xFFFF), random2);

    /// <summary>Writes the text form as ASCII; the destination must hold <see cref="TextLength"/> bytes.</summary>
    public void Format(Span<byte> destination)
    {
        "req_"u8.CopyTo(destination);
        Span<byte> raw = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(raw, High);
        BinaryPrimitives.WriteUInt64BigEndian(raw[8..], Low);
        for (var i = 0; i < raw.Length; i++)
        {
            destination[4 + (2 * i)] = Digit(raw[i] >> 4);
            destination[5 + (2 * i)] = Digit(raw[i] & 15);
        }
    }

    /// <summary>Reads the text form.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out RequestId id)
    {
        id = default;
        if (text.Length != TextLength || !text.StartsWith("req_"))
        {
            return false;
        }

        const System.Globalization.NumberStyles Hex = System.Globalization.NumberStyles.AllowHexSpecifier;
        if (!ulong.TryParse(text.Slice(4, 16), Hex, null, out var high) || !ulong.TryParse(text[20..], Hex, null, out var low))
        {
            return false;
        }

        id = new RequestId(high, low);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(TextLength, this, static (span, id) =>
    {
        Span<byte> ascii = stackalloc byte[TextLength];
        id.Format(ascii);
        System.Text.Encoding.ASCII.GetChars(ascii, span);
    });

    private static byte Digit(int value) => (byte)(value < 10 ? '0' + value : 'a' + value - 10);
}
