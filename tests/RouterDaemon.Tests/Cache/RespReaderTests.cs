using System.Text;
using RouterDaemon.Cache.Redis;
using Xunit;

namespace RouterDaemon.Tests.Cache;

public sealed class RespReaderTests
{
    private const int MaxBulkBytes = 100_000;

    [Fact]
    public void AnySplitOfTheBytesGivesTheSameReplies()
    {
        var random = new Random(3);
        for (int round = 0; round < 300; round++)
        {
            var bytes = new MemoryStream();
            var expected = new List<string>();
            for (int i = random.Next(1, 12); i > 0; i--)
                Write(bytes, expected, random);
            byte[] all = bytes.ToArray();
            Assert.Equal(expected, Read(all, () => all.Length));
            Assert.Equal(expected, Read(all, () => 1));
            Assert.Equal(expected, Read(all, () => random.Next(1, 50)));
            Assert.Equal(expected, Read(all, () => random.Next(1, 20_000)));
        }
    }

    [Theory]
    [InlineData("$999999999999999999999\r\n")]
    [InlineData("$100001\r\n")]
    [InlineData("$2147483648\r\n")]
    [InlineData("$-2\r\n")]
    [InlineData("$\r\n")]
    [InlineData("$+5\r\nhello\r\n")]
    [InlineData("$5x\r\nhello\r\n")]
    [InlineData("$5\r\nhelloX\r\n")]
    [InlineData("$5\nhello\r\n")]
    [InlineData(":\r\n")]
    [InlineData(":1.5\r\n")]
    [InlineData("*1\r\n+OK\r\n")]
    [InlineData("*-1\r\n")]
    [InlineData("*1\r\n*1\r\n*1\r\n*2147483647\r\n")]
    [InlineData("_\r\n")]
    [InlineData("+OK\rX")]
    [InlineData("\r\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n")]
    public void HostileBytesAreACleanError(string text)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(text + new string('x', 2 * RespReader.MaxLineBytes));
        Assert.Throws<InvalidDataException>(() => Read(bytes, () => bytes.Length));
        Assert.Throws<InvalidDataException>(() => Read(bytes, () => 1));
    }

    [Fact]
    public void ALineWithoutAnEndIsAnErrorBeforeItCostsMemory()
    {
        var reader = new RespReader(MaxBulkBytes);
        int read = 0;
        Assert.Throws<InvalidDataException>(() =>
        {
            for (; read < 1_000_000; read++)
            {
                reader.Room().Span[0] = (byte)'+';
                reader.Advance(1);
                reader.TryRead();
            }
        });
        Assert.InRange(read, RespReader.MaxLineBytes - 2, RespReader.MaxLineBytes + 2);
    }

    [Fact]
    public void APromisedLengthCostsNothing()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var reader = new RespReader(int.MaxValue / 2);
        Encoding.ASCII.GetBytes("$1000000000\r\n").CopyTo(reader.Room());
        reader.Advance(13);
        Assert.Null(reader.TryRead());
        Assert.InRange(reader.Room().Length, 1, 5000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20_000);
    }

    [Fact]
    public void RandomBytesNeverDoAnythingButReadOrFail()
    {
        var random = new Random(5);
        byte[] alphabet = "+-:$*0123456789\r\n\0aA"u8.ToArray();
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = new byte[random.Next(1, 60)];
            for (int i = 0; i < bytes.Length; i++)
                bytes[i] = alphabet[random.Next(alphabet.Length)];
            string whole = Outcome(bytes, () => bytes.Length);
            Assert.Equal(whole, Outcome(bytes, () => 1));
        }
    }

    [Fact]
    public void CommandsAreArraysOfBulks()
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        RespWriter.Write(output, [RespWriter.Text("SET"), RespWriter.Text("kö"), [], RespWriter.Number(-12)]);
        Assert.Equal("*4\r\n$3\r\nSET\r\n$3\r\nkö\r\n$0\r\n\r\n$3\r\n-12\r\n", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    private static string Outcome(byte[] bytes, Func<int> piece)
    {
        var replies = new List<string>();
        try
        {
            Read(bytes, piece, replies);
            return string.Join('|', replies);
        }
        catch (InvalidDataException)
        {
            return string.Join('|', replies) + "!";
        }
    }

    private static List<string> Read(byte[] bytes, Func<int> piece) => Read(bytes, piece, []);

    private static List<string> Read(byte[] bytes, Func<int> piece, List<string> replies)
    {
        var reader = new RespReader(MaxBulkBytes);
        for (int at = 0; at < bytes.Length;)
        {
            Memory<byte> room = reader.Room();
            int count = Math.Min(Math.Min(piece(), room.Length), bytes.Length - at);
            bytes.AsMemory(at, count).CopyTo(room);
            reader.Advance(count);
            at += count;
            while (reader.TryRead() is { } reply)
                replies.Add($"{reply.Kind}:{Convert.ToHexString(reply.Data)}");
        }

        return replies;
    }

    private static void Write(MemoryStream bytes, List<string> expected, Random random)
    {
        byte[] data = new byte[random.Next(4) == 0 ? random.Next(MaxBulkBytes) : random.Next(100)];
        random.NextBytes(data);
        byte[] line = Encoding.ASCII.GetBytes(new string('e', random.Next(1000)));
        switch (random.Next(5))
        {
            case 0:
                bytes.Write([(byte)'+', .. line, .. "\r\n"u8]);
                expected.Add("Text:" + Convert.ToHexString(line));
                break;
            case 1:
                bytes.Write([(byte)'-', .. line, .. "\r\n"u8]);
                expected.Add("Error:" + Convert.ToHexString(line));
                break;
            case 2:
                byte[] number = RespWriter.Number(random.NextInt64(long.MinValue, long.MaxValue));
                bytes.Write([(byte)':', .. number, .. "\r\n"u8]);
                expected.Add("Integer:" + Convert.ToHexString(number));
                break;
            case 3:
                bytes.Write("$-1\r\n"u8);
                expected.Add("Null:");
                break;
            default:
                bytes.Write([(byte)'$', .. RespWriter.Number(data.Length), .. "\r\n"u8, .. data, .. "\r\n"u8]);
                expected.Add("Bulk:" + Convert.ToHexString(data));
                break;
        }
    }
}
