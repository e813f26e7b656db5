namespace RouterDaemon.Core.Routing;

/// <summary>Keeps the smallest of a row of scores; equal scores win by lot, so that a fleet of equals is used evenly.</summary>
internal struct Least
{
    private const double Tolerance = 1e-9;
    private double _best = double.PositiveInfinity;
    private double _second = double.PositiveInfinity;
    private int _ties;

    public Least()
    {
    }

    public int Lane { get; private set; } = -1;

    public int RunnerUp { get; private set; } = -1;

    public void Offer(int lane, double score, ref PolicyContext context)
    {
        if (double.IsNaN(score))
            score = double.MaxValue;
        if (score < _best - (Math.Abs(_best) * Tolerance) || Lane < 0)
        {
            (_second, RunnerUp) = (_best, Lane);
            (_best, Lane, _ties) = (score, lane, 1);
            return;
        }

        if (score <= _best + (Math.Abs(_best) * Tolerance) && context.NextIndex(++_ties) == 0)
        {
            (_second, RunnerUp) = (_best, Lane);
            Lane = lane;
        }
        else if (score < _second)
        {
            (_second, RunnerUp) = (score, lane);
        }
    }

    public readonly void Settle(ref PolicyContext context)
    {
        context.Winner = Lane;
        context.RunnerUp = RunnerUp;
    }
}
