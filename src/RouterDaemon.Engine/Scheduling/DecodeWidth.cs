namespace RouterDaemon.Engine.Scheduling;

/// <summary>
/// How many generating sequences to put into one step. Batching pays only where the library's kernels make it pay: with 8-bit weights a
/// processor may compute two to four sequences in one batch slower than one after the other. So the time of a step is learnt for
/// widths of 1, 2, 4, ... and of all sequences, and the width with the most tokens a second is used, the sequences taking turns.
/// </summary>
/// <param name="slots">Most sequences.</param>
internal sealed class DecodeWidth(int slots)
{
    private const int TrialSteps = 3;
    private const int RetrySteps = 200;

    /// <summary>How much faster turns must be than one batch of all.</summary>
    private const double MinGain = 1.1;

    private const double CreepWeight = 0.1;

    private readonly double[] _stepMs = new double[slots + 1];
    private readonly int[] _samples = new int[slots + 1];
    private int _steps;
    private int _retry;

    /// <summary>The number of sequences for the next step, out of those that generate.</summary>
    public int Choose(int generating)
    {
        if (generating <= 1)
            return generating;
        bool retry = ++_steps % RetrySteps == 0;
        int best = generating;
        double bestRate = 0;
        for (int width = generating; width > 0; width = Next(width))
        {
            if (_samples[width] < TrialSteps)
                return width;
            double rate = width / _stepMs[width] / (width == generating ? 1 : MinGain);
            if (rate > bestRate)
                (best, bestRate) = (width, rate);
        }
        return retry ? Candidate(generating) : best;
    }

    /// <summary>Takes the time of a step that computed <paramref name="width"/> tokens of as many sequences and nothing else.</summary>
    public void Observe(int width, double stepMs)
    {
        // Downwards at once, upwards slowly: what makes a step late is mostly a neighbour.
        _stepMs[width] = _samples[width]++ == 0 || stepMs < _stepMs[width] ? stepMs : _stepMs[width] + CreepWeight * (stepMs - _stepMs[width]);
    }

    /// <summary>Any of the widths in turn, to see whether it is still as slow as it was.</summary>
    private int Candidate(int generating)
    {
        int count = 0;
        for (int width = generating; width > 0; width = Next(width))
            count++;
        int wanted = _retry++ % count;
        int candidate = generating;
        while (wanted-- > 0)
            candidate = Next(candidate);
        return candidate;
    }

    /// <summary>The next smaller power of two, 0 after 1.</summary>
    private static int Next(int width) => width <= 1 ? 0 : (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)width) / 2;
}
