namespace RouterDaemon.Core.Simulation;

/// <summary>Moments of one measure, milliseconds; NaN = no value.</summary>
public readonly record struct SimDistribution(double Mean, double P50, double P90, double P99)
{
    /// <summary>Of the first <paramref name="count"/> values; sorts them.</summary>
    internal static SimDistribution Of(double[] values, int count)
    {
        if (count == 0)
            return new SimDistribution(double.NaN, double.NaN, double.NaN, double.NaN);
        Array.Sort(values, 0, count);
        double sum = 0;
        for (var i = 0; i < count; i++)
            sum += values[i];
        return new SimDistribution(sum / count, At(values, count, 0.5), At(values, count, 0.9), At(values, count, 0.99));
    }

    private static double At(double[] values, int count, double p) => values[Math.Min(count - 1, (int)(p * count))];
}
