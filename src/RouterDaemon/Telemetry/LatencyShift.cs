using RouterDaemon.Core.Stats;

namespace RouterDaemon.Telemetry;

/// <summary>
/// Says when a deployment has become slower than it used to be: the median of every <see cref="ReadingSamples"/> new values is held against a
/// baseline that follows slowly. Two readings in a row decide, so that one odd batch is no incident.
/// </summary>
internal sealed class LatencyShift
{
    /// <summary>New values of one reading.</summary>
    public const int ReadingSamples = 20;

    /// <summary>A reading this many times the baseline is slow; one below <see cref="BackFactor"/> times is not.</summary>
    public const double SlowFactor = 2;

    /// <summary>See <see cref="SlowFactor"/>.</summary>
    public const double BackFactor = 1.5;

    /// <summary>A slow reading is at least this much above the baseline: 3 ms after 1 ms are nobody's incident.</summary>
    public const double LeastMs = 50;

    /// <summary>After so long the new level is the normal one.</summary>
    public static readonly TimeSpan AdoptAfter = TimeSpan.FromHours(6);

    private const double BaselineWeight = 0.1;
    private const int ReadingsToDecide = 2;

    private readonly int[] _seen = new int[LatencyHistogram.BucketCount];
    private readonly int[] _now = new int[LatencyHistogram.BucketCount];
    private readonly int[] _reading = new int[LatencyHistogram.BucketCount];
    private int _samples;
    private int _against;
    private TimeSpan _since;

    /// <summary>True while the deployment is slower than it used to be.</summary>
    public bool IsShifted { get; private set; }

    /// <summary>What is normal, ms; 0 = not known yet.</summary>
    public double BaselineMs { get; private set; }

    /// <summary>The last reading, ms.</summary>
    public double LastMs { get; private set; }

    /// <summary>Takes what came into the window since the last call.</summary>
    /// <param name="window">The deployment's histogram.</param>
    /// <param name="now">Any monotonic clock.</param>
    public void Take(LatencyHistogram window, TimeSpan now)
    {
        window.CopyTo(_now);
        var hasRotated = false;
        for (var i = 0; i < _now.Length; i++)
        {
            hasRotated |= _now[i] < _seen[i];
        }

        for (var i = 0; i < _now.Length && !hasRotated; i++)
        {
            _reading[i] += _now[i] - _seen[i];
            _samples += _now[i] - _seen[i];
        }

        // An old generation went: what came with it in the same interval is not told apart and counts for nothing.
        _now.CopyTo(_seen, 0);
        if (_samples >= ReadingSamples)
        {
            Judge(Median(), now);
            Array.Clear(_reading);
            _samples = 0;
        }
    }

    private void Judge(double ms, TimeSpan now)
    {
        LastMs = ms;
        if (BaselineMs == 0)
        {
            BaselineMs = ms;
            return;
        }

        var isSlow = ms >= BaselineMs * (IsShifted ? BackFactor : SlowFactor) && ms - BaselineMs >= LeastMs;
        if (isSlow == IsShifted)
        {
            _against = 0;
        }
        else if (++_against >= ReadingsToDecide)
        {
            (IsShifted, _since, _against) = (isSlow, now, 0);
        }

        if (IsShifted && now - _since >= AdoptAfter)
        {
            (IsShifted, BaselineMs) = (false, ms);
        }
        else if (!IsShifted && !isSlow)
        {
            BaselineMs *= Math.Pow(ms / BaselineMs, BaselineWeight);
        }
    }

    private double Median()
    {
        var rank = (_samples + 1) / 2;
        var i = 0;
        for (var seen = _reading[0]; seen < rank; seen += _reading[i])
        {
            i++;
        }

        return LatencyHistogram.ValueOf(i);
    }
}
