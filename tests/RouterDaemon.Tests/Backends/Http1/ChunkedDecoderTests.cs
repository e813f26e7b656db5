using System.Text;
using RouterDaemon.Core.Wire;
using Xunit;

namespace RouterDaemon.Tests.Backends.Http1;

/// <summary>The chunked decoder against a slow reader of whole texts, cut in every way.</summary>
public sealed class ChunkedDecoderTests
{
    private enum End
    {
        Done,
        Open,
        Broken,
    }

    private static readonly string[] Seeds =
    [
        "5\r\nhello\r\n0\r\n\r\n", "1;name=value\r\na\r\nA\r\n0123456789\r\n000\r\ntrailer: x\r\nother: y\r\n\r\nsurplus", "0\r\n\r\n",
        "1f \t; q=\"v\"\r\n" + "0123456789012345678901234567890" + "\r\n0;x\r\n\r\n",
    ];

    private static readonly string[] Pieces = ["\r\n", "\r", "\n", "0", "ff", "g", ";", " ", "\0", "-1", "0x5", "5\r\nhello\r\n", "0\r\n\r\n", "123456789abcdef0"];

    [Fact]
    public void AgreesWithItsOracleOnMutatedBodies()
    {
        int rounds = Environment.GetEnvironmentVariable("ROUTERD_LONG") == "1" ? 3_000_000 : 40_000;
        var random = new Random(5);
        var seen = new int[3];
        for (int i = 0; i < rounds; i++)
        {
            byte[] bytes = Mutate(random);
            (End end, string payload, int consumed) = Oracle(bytes);
            seen[(int)end]++;
            (End End, string Payload, int Consumed) got = Decode(bytes, random.Next(1, 9), random.Next(1, 9), inPlace: false);
            Assert.Equal((end, payload), (got.End, got.Payload));
            Assert.Equal((end, payload), (Decode(bytes, random.Next(1, 40), 0, inPlace: true) is var again ? (again.End, again.Payload) : default));
            if (end == End.Done)
                Assert.Equal(consumed, got.Consumed);
        }

        Assert.True(seen.All(n => n > rounds / 100), string.Join(' ', seen));
    }

    [Theory]
    [InlineData(ChunkedDecoder.MaxSizeDigits, false)]
    [InlineData(ChunkedDecoder.MaxSizeDigits + 1, true)]
    public void SizesHaveALimit(int digits, bool broken)
    {
        Assert.Equal(broken, Decode(Encoding.ASCII.GetBytes(new string('0', digits - 1) + "1\r\na"), 7, 7, false).End == End.Broken);
    }

    [Theory]
    [InlineData(ChunkedDecoder.MaxSizeLineBytes - 1, false)]
    [InlineData(ChunkedDecoder.MaxSizeLineBytes, false)]
    [InlineData(ChunkedDecoder.MaxSizeLineBytes + 1, true)]
    public void ExtensionsHaveALimit(int lineBytes, bool broken)
    {
        // The digit and the extension's text count, the semicolon that ends the size does not.
        Assert.Equal(broken, Decode(Encoding.ASCII.GetBytes("1;" + new string('e', lineBytes - 1) + "\r\na\r\n0\r\n\r\n"), 100, 100, false).End == End.Broken);
    }

    [Theory]
    [InlineData(ChunkedDecoder.MaxTrailerBytes - 1, false)]
    [InlineData(ChunkedDecoder.MaxTrailerBytes, false)]
    [InlineData(ChunkedDecoder.MaxTrailerBytes + 1, true)]
    public void TrailersHaveALimit(int bytes, bool broken)
    {
        Assert.Equal(broken, Decode(Encoding.ASCII.GetBytes("0\r\n" + new string('t', bytes) + "\r\n\r\n"), 1000, 1000, false).End == End.Broken);
    }

    private static (End End, string Payload, int Consumed) Decode(byte[] bytes, int sourcePiece, int destinationBytes, bool inPlace)
    {
        var decoder = default(ChunkedDecoder);
        var payload = new StringBuilder();
        int at = 0;
        byte[] destination = new byte[Math.Max(destinationBytes, 1)];
        while (at < bytes.Length && !decoder.IsDone && !decoder.IsBroken)
        {
            byte[] source = bytes[at..Math.Min(bytes.Length, at + sourcePiece)];
            int written = decoder.Decode(source, inPlace ? source : destination, out int consumed);
            payload.Append(Encoding.Latin1.GetString(inPlace ? source : destination, 0, written));
            at += consumed;
        }

        return (decoder.IsDone ? End.Done : decoder.IsBroken ? End.Broken : End.Open, payload.ToString(), at);
    }

    /// <summary>Reads line by line from a text; the limits have tests of their own.</summary>
    private static (End End, string Payload, int Consumed) Oracle(byte[] bytes)
    {
        string text = Encoding.Latin1.GetString(bytes);
        var payload = new StringBuilder();
        int at = 0;
        while (true)
        {
            (End end, string line, int next) = Line(text, at, size: true);
            if (end != End.Done)
                return (end, payload.ToString(), at);
            int digits = line.TakeWhile(Uri.IsHexDigit).Count();
            long size = Convert.ToInt64(line[..digits], 16);
            at = next;
            if (size == 0)
                break;
            int take = (int)Math.Min(size, text.Length - at);
            payload.Append(text.AsSpan(at, take));
            at += take;
            string rest = text[at..Math.Min(text.Length, at + 2)];
            if (take < size || "\r\n".StartsWith(rest, StringComparison.Ordinal) && rest.Length < 2)
                return (End.Open, payload.ToString(), at);
            if (rest != "\r\n")
                return (End.Broken, payload.ToString(), at);
            at += 2;
        }

        while (true)
        {
            (End end, string line, int next) = Line(text, at, size: false);
            if (end != End.Done)
                return (end, payload.ToString(), at);
            at = next;
            if (line.Length == 0)
                return (End.Done, payload.ToString(), at);
        }
    }

    /// <summary>A line up to CRLF; broken at the first byte that no line may hold, so that a fault counts before a missing end.</summary>
    private static (End, string, int) Line(string text, int at, bool size)
    {
        int digits = 0;
        bool extension = false;
        for (int i = at; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\r')
            {
                if (size && digits == 0)
                    return (End.Broken, "", i);
                if (i + 1 == text.Length)
                    return (End.Open, "", i);
                return text[i + 1] == '\n' ? (End.Done, text[at..i], i + 2) : (End.Broken, "", i);
            }

            if ((c < ' ' && c != '\t') || c == '\u007f')
                return (End.Broken, "", i);
            if (!size || extension)
                continue;
            if (Uri.IsHexDigit(c))
            {
                if (++digits > ChunkedDecoder.MaxSizeDigits)
                    return (End.Broken, "", i);
            }
            else if (digits > 0 && c is ';' or ' ' or '\t')
            {
                extension = true;
            }
            else
            {
                return (End.Broken, "", i);
            }
        }

        return (End.Open, "", text.Length);
    }

    private static byte[] Mutate(Random random)
    {
        string text = Seeds[random.Next(Seeds.Length)];
        for (int n = random.Next(3); n > 0; n--)
        {
            int at = random.Next(text.Length + 1);
            int cut = Math.Min(random.Next(4) == 0 ? random.Next(6) : 0, text.Length - at);
            text = text[..at] + Pieces[random.Next(Pieces.Length)] + text[(at + cut)..];
        }

        return Encoding.Latin1.GetBytes(random.Next(6) == 0 ? text[..random.Next(text.Length)] : text);
    }
}
