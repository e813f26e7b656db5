using RouterDaemon.Telemetry.Tracing;
using Xunit;

namespace RouterDaemon.Tests.Telemetry.Tracing;

public sealed class TraceContextTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Span = "b7ad6b7169203331";

    [Theory]
    [InlineData($"00-{Trace}-{Span}-01", true)]
    [InlineData($"00-{Trace}-{Span}-00", false)]
    [InlineData($"00-{Trace}-{Span}-ff", true)]
    [InlineData($"01-{Trace}-{Span}-01", true)]
    [InlineData($"cc-{Trace}-{Span}-01-what-the-future-brings", true)]
    public void ReadsWhatTheStandardAllows(string text, bool isSampled)
    {
        Assert.True(TraceContext.TryParse(text, out var context));
        Assert.Equal(isSampled, context.IsSampled);
        Assert.Equal($"00-{Trace}-{Span}-{(isSampled ? "01" : "00")}", context.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData($"ff-{Trace}-{Span}-01")]
    [InlineData($"00-{Trace}-{Span}-01-more")]
    [InlineData($"01-{Trace}-{Span}-01x")]
    [InlineData($"00-{Trace}-{Span}-1")]
    [InlineData($"00-{Trace}-{Span}-0g")]
    [InlineData($"0g-{Trace}-{Span}-01")]
    [InlineData($"00_{Trace}-{Span}-01")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData($"00-00000000000000000000000000000000-{Span}-01")]
    [InlineData($"00-{Trace}-0000000000000000-01")]
    public void RefusesEverythingElse(string? text) => Assert.False(TraceContext.TryParse(text, out _));
}
