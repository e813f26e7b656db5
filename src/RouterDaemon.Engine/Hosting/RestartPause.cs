namespace RouterDaemon.Engine.Hosting;

/// <summary>How long to wait before a model that crashed is loaded again: doubling from 100 ms to 10 s, from the start again after a calm minute.</summary>
internal sealed class RestartPause
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Calm = TimeSpan.FromMinutes(1);

    private int _crashes;
    private DateTimeOffset _lastCrash;

    public void Count(DateTimeOffset now)
    {
        _crashes = now - _lastCrash > Calm ? 1 : _crashes + 1;
        _lastCrash = now;
    }

    /// <summary>What is left of the pause after the last crash.</summary>
    public TimeSpan Delay(DateTimeOffset now)
    {
        if (_crashes == 0 || now - _lastCrash > Calm)
            return TimeSpan.Zero;
        // The first restart is at once: most crashes are single ones.
        TimeSpan pause = _crashes == 1 ? TimeSpan.Zero : First * Math.Pow(2, Math.Min(_crashes - 2, 10));
        TimeSpan left = (pause < Longest ? pause : Longest) - (now - _lastCrash);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
