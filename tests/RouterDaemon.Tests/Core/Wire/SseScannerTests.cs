using System.Text;
using RouterDaemon.Core.Wire;
using Xunit;

namespace RouterDaemon.Tests.Core.Wire;

public sealed class SseScannerTests
{
    [Theory]
    [InlineData("data: {\"a\":1}\n\n", SseEventKind.Data, "{\"a\":1}")]
    [InlineData("data:x\r\n\r\n", SseEventKind.Data, "x")]
    [InlineData("data:  x\n\n", SseEventKind.Data, " x")]
    [InlineData("data\n\n", SseEventKind.Data, "")]
    [InlineData("data: [DONE]\n\n", SseEventKind.Done, "[DONE]")]
    [InlineData("data:[DONE]\r\n\r\n", SseEventKind.Done, "[DONE]")]
    [InlineData(": keep-alive\n\n", SseEventKind.Comment, "")]
    [InlineData("\n", SseEventKind.Comment, "")]
    [InlineData("id: 5\nretry: 1\n\n", SseEventKind.Comment, "")]
    [InlineData("event: ping\ndata: {}\n\n", SseEventKind.Event, "{}")]
    [InlineData("\uFEFFdata: x\n\n", SseEventKind.Data, "x")]
    public void Classifies(string text, SseEventKind kind, string data)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Assert.True(SseScanner.TryReadEvent([.. bytes, (byte)'d'], out var e));
        Assert.Equal(bytes.Length, e.Length);
        Assert.Equal(kind, e.Kind);
        Assert.Equal(data, Encoding.UTF8.GetString(e.Data.Of(bytes)));
    }

    [Fact]
    public void NameAndMultiLineData()
    {
        var bytes = "event: error\ndata: a\r\n: c\rdata: b\n\n"u8.ToArray();
        Assert.True(SseScanner.TryReadEvent(bytes, out var e));
        Assert.True(e.MultiLine);
        Assert.Equal("error"u8.ToArray(), e.Name.Of(bytes).ToArray());
        var joined = new byte[e.Data.Length];
        Assert.Equal(3, SseScanner.CopyData(bytes, e, joined));
        Assert.Equal("a\nb"u8.ToArray(), joined[..3]);
        Assert.Equal(-1, SseScanner.CopyData(bytes, e, new byte[2]));
    }

    [Fact]
    public void ACarriageReturnAtTheEndWaitsForItsLineFeed()
    {
        Assert.False(SseScanner.TryReadEvent("data: x\r\n\r"u8, out _));
        var resume = 0;
        Assert.True(SseScanner.TryReadEvent("data: x\r\r"u8, endOfStream: true, ref resume, out var e));
        Assert.Equal(9, e.Length);
    }

    [Fact]
    public void AnySplitGivesTheSameEventsAsASlowReader()
    {
        var random = new Random(42);
        string[] ends = ["\n", "\r\n", "\r"];
        string[] lines = ["data: {\"x\":1}", "data:[DONE]", "data", ": c", "event: ping", "id: 7", "", "", "datax: 1", "data: é𝄞", "event:"];
        for (var round = 0; round < 3000; round++)
        {
            var text = new StringBuilder();
            for (var i = random.Next(1, 14); i > 0; i--)
                text.Append(lines[random.Next(lines.Length)]).Append(ends[random.Next(ends.Length)]);
            var bytes = Encoding.UTF8.GetBytes(text.ToString());
            var expected = Slow(text.ToString());
            Assert.Equal(expected, Fast(bytes, random));
        }
    }

    private static List<string> Fast(byte[] bytes, Random random)
    {
        var events = new List<string>();
        var start = 0;
        var end = 0;
        var resume = 0;
        while (start < bytes.Length)
        {
            var window = bytes.AsSpan(start, end - start);
            if (SseScanner.TryReadEvent(window, end == bytes.Length, ref resume, out var e))
            {
                var data = new byte[e.Data.Length];
                var n = SseScanner.CopyData(window, e, data);
                if (e.Kind != SseEventKind.Comment)
                    events.Add($"{Encoding.UTF8.GetString(e.Name.Of(window))}|{Encoding.UTF8.GetString(data.AsSpan(0, n))}");
                start += e.Length;
            }
            else if (end == bytes.Length)
            {
                break;
            }
            else
            {
                end = Math.Min(bytes.Length, end + random.Next(1, 9));
            }
        }

        return events;
    }

    /// <summary>The specification's interpretation, line by line over a string.</summary>
    private static List<string> Slow(string text)
    {
        var events = new List<string>();
        var lines = text.Replace("\r\n", "\n").Replace('\r', '\n').Split('\n');
        string? data = null;
        var name = "";
        foreach (var line in lines.Take(lines.Length - 1))
        {
            if (line.Length == 0)
            {
                if (data is not null)
                    events.Add($"{name}|{data}");
                (data, name) = (null, "");
                continue;
            }

            var colon = line.IndexOf(':');
            var field = colon < 0 ? line : line[..colon];
            var value = colon < 0 ? "" : line[(colon + 1)..];
            if (value.StartsWith(' '))
                value = value[1..];
            if (field == "data")
                data = data is null ? value : $"{data}\n{value}";
            else if (field == "event")
                name = value;
        }

        return events;
    }
}
