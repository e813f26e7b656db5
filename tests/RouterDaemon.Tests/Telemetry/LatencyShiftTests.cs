using RouterDaemon.Core.Stats;
using RouterDaemon.Telemetry;
using Xunit;

namespace RouterDaemon.Tests.Telemetry;

public sealed class LatencyShiftTests
{
    private readonly LatencyHistogram _window = new();
    private readonly LatencyShift _shift = new();
    private TimeSpan _now;

    [Fact]
    public void SlowerForTwoReadingsIsAShiftAndBackForTwoEndsIt()
    {
        Read(100, 100, 100);
        Assert.InRange(_shift.BaselineMs, 94, 106);
        Read(260);
        Assert.False(_shift.IsShifted);
        Read(260);
        Assert.True(_shift.IsShifted);
        Assert.InRange(_shift.LastMs, 244, 276);
        Read(100);
        Assert.True(_shift.IsShifted);
        Read(100);
        Assert.False(_shift.IsShifted);
    }

    [Theory]
    [InlineData(100, 170)]
    [InlineData(10, 50)]
    [InlineData(100, 40)]
    public void LittleOrFasterIsNone(double before, double after)
    {
        Read(before, before, after, after, after);
        Assert.False(_shift.IsShifted);
    }

    [Fact]
    public void OneOddReadingBetweenIsNone()
    {
        Read(100, 500, 100, 500, 100, 500, 100);
        Assert.False(_shift.IsShifted);
    }

    [Fact]
    public void FewValuesAreNoReading()
    {
        Read(100);
        for (var i = 0; i < LatencyShift.ReadingSamples - 1; i++)
        {
            _window.Record(900);
        }

        _shift.Take(_window, _now);
        Assert.InRange(_shift.LastMs, 94, 106);
        _window.Record(900);
        _shift.Take(_window, _now);
        Assert.InRange(_shift.LastMs, 840, 960);
    }

    [Fact]
    public void ARotationOfTheWindowIsNotCounted()
    {
        Read(100, 100);
        _window.Rotate();
        Read(100);
        _window.Rotate();
        _shift.Take(_window, _now);
        Assert.InRange(_shift.LastMs, 94, 106);
        Read(300, 300);
        Assert.True(_shift.IsShifted);
    }

    [Fact]
    public void ALevelThatStaysBecomesNormal()
    {
        Read(100, 400, 400);
        Assert.True(_shift.IsShifted);
        _now += LatencyShift.AdoptAfter;
        Read(400);
        Assert.False(_shift.IsShifted);
        Assert.InRange(_shift.BaselineMs, 376, 424);
    }

    private void Read(params double[] medians)
    {
        foreach (var ms in medians)
        {
            for (var i = 0; i < LatencyShift.ReadingSamples; i++)
            {
                _window.Record(ms);
            }

            _now += TimeSpan.FromSeconds(5);
            _shift.Take(_window, _now);
        }
    }
}
