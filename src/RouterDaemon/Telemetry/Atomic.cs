namespace RouterDaemon.Telemetry;

/// <summary>What <see cref="Interlocked"/> lacks.</summary>
internal static class Atomic
{
    /// <summary>Adds to a sum that several threads add to.</summary>
    public static void Add(ref double sum, double value)
    {
        var seen = Volatile.Read(ref sum);
        while (true)
        {
            var before = Interlocked.CompareExchange(ref sum, seen + value, seen);
            if (BitConverter.DoubleToInt64Bits(before) == BitConverter.DoubleToInt64Bits(seen))
            {
                return;
            }

            seen = before;
        }
    }
}
