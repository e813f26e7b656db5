namespace RouterDaemon.Core.Simulation;

/// <summary>Regular slow times of a replica.</summary>
/// <param name="EverySeconds">Period; 0 = never.</param>
/// <param name="ForSeconds">Length of a slow time, at the end of each period.</param>
/// <param name="Factor">How many times slower; 0 = it stands still.</param>
public readonly record struct SimStall(double EverySeconds, double ForSeconds, double Factor)
{
    /// <summary>The factor at a time: 1 = normal, infinite = standing still.</summary>
    internal double At(double seconds, out double endsSeconds)
    {
        endsSeconds = double.PositiveInfinity;
        if (EverySeconds <= 0)
            return 1;
        var phase = seconds % EverySeconds;
        if (phase < EverySeconds - ForSeconds)
            return 1;
        endsSeconds = seconds - phase + EverySeconds;
        return Factor > 0 ? Factor : double.PositiveInfinity;
    }
}
