namespace RouterDaemon.Engine.Speculation;

/// <summary>
/// How many guessed tokens a step should check. Whether it pays depends on the machine (a step of five tokens may cost as much as one of
/// one, or five times as much) and on how often the guesses hold; both are learnt, and the length with the most expected tokens a
/// millisecond is used (Leviathan et al. 2023, equation 1), 0 where none beats a plain step.
/// </summary>
internal sealed class DraftLength
{
    /// <summary>Most guesses in a step.</summary>
    public const int Max = 16;

    private const int TrialSteps = 3;
    private const int RetrySteps = 100;

    /// <summary>How much better than a plain step the expectation must be: the estimates are noisy, and what is rejected was computed for nothing.</summary>
    private const double MinGain = 1.05;

    private const double CreepWeight = 0.1;

    /// <summary>Part of the time that trials may cost: where guesses never pay, nobody notices that they were tried.</summary>
    private const double TrialShare = 0.02;

    private readonly double[] _stepMs = new double[Max + 2];
    private readonly int[] _samples = new int[Max + 2];
    private double _totalMs;
    private double _trialMs;
    private bool _isTrial;
    private int _steps;
    private int _retries;

    /// <summary>The number of guesses for the next step.</summary>
    /// <param name="available">Guesses at hand.</param>
    /// <param name="acceptance">Chance that the next guess holds, 0 to 1.</param>
    public int Choose(int available, double acceptance)
    {
        _isTrial = false;
        if (available == 0 || _samples[1] < TrialSteps)
            return 0;
        bool mayTry = _trialMs < _totalMs * TrialShare;
        int best = 0;
        double bestRate = MinGain / _stepMs[1];
        for (int length = 1; length <= Max; length *= 2)
        {
            int guesses = Math.Min(length, available);
            double expected = Expected(guesses, acceptance);
            // Tried where it would pay if its step cost no more than a plain one.
            if (mayTry && _samples[guesses + 1] < TrialSteps && expected > MinGain)
                return Try(guesses);
            if (_samples[guesses + 1] > 0 && expected / _stepMs[guesses + 1] > bestRate)
                (best, bestRate) = (guesses, expected / _stepMs[guesses + 1]);
            if (guesses == available)
                break;
        }
        // Neither machine nor text stay as they were.
        return best == 0 && mayTry && ++_steps % RetrySteps == 0 ? Try(Math.Min(available, 1 << (_retries++ % 5))) : best;
    }

    /// <summary>Takes the time of a step that computed so many tokens of one sequence and nothing else.</summary>
    public void Observe(int tokens, double stepMs)
    {
        _totalMs += stepMs;
        // What it brought is not counted: the bound is a safe one.
        _trialMs += _isTrial ? Math.Max(0, stepMs - _stepMs[1]) : 0;
        _isTrial = false;
        // Downwards at once, upwards slowly: what makes a step late is mostly a neighbour.
        _stepMs[tokens] = _samples[tokens]++ == 0 || stepMs < _stepMs[tokens] ? stepMs : _stepMs[tokens] + CreepWeight * (stepMs - _stepMs[tokens]);
    }

    private int Try(int guesses)
    {
        _isTrial = true;
        return guesses;
    }

    /// <summary>Tokens of a step with so many guesses: those that hold up to the first that does not, and the one that is sampled behind them.</summary>
    private static double Expected(int guesses, double acceptance)
    {
        double expected = 1;
        double all = 1;
        for (int i = 0; i < guesses; i++)
            expected += all *= acceptance;
        return expected;
    }
}
