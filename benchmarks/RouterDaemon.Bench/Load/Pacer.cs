using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RouterDaemon.Bench.Load;

/// <summary>Calls back at the times of an arrival schedule, from a thread of its own that sleeps with the kernel's finest timer.</summary>
internal sealed class Pacer(double ratePerSecond, int seed)
{
    private readonly Random? _random = seed < 0 ? null : new Random(seed);

    public void Run(long from, long to, Action<long> due)
    {
        double gap = Stopwatch.Frequency / ratePerSecond;
        double next = from;
        while (next < to)
        {
            long wait = (long)next - Stopwatch.GetTimestamp();
            if (wait > 0)
                Sleep(wait);
            due((long)next);
            next += _random is null ? gap : -Math.Log(1 - _random.NextDouble()) * gap;
        }
    }

    private static void Sleep(long ticks)
    {
        long ns = (long)(ticks * (1e9 / Stopwatch.Frequency));
        if (OperatingSystem.IsWindows())
        {
            SpinWait.SpinUntil(() => false, TimeSpan.FromMilliseconds(ns / 1e6));
            return;
        }

        var time = new TimeSpec { Seconds = (nint)(ns / 1_000_000_000), Nanoseconds = (nint)(ns % 1_000_000_000) };
        _ = NanoSleep(ref time, 0);
    }

    [DllImport("libc", EntryPoint = "nanosleep")]
    private static extern int NanoSleep(ref TimeSpec time, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
