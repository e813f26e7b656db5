using RouterDaemon.Core.State;

namespace RouterDaemon.Keys;

/// <summary>What is counted for a key: rates of the last minute, money of its periods.</summary>
internal sealed class KeyUsage
{
    private readonly List<KeyValuePair<string, RateWindow>> _perModel = [];

    /// <param name="keyId">Names the budgets.</param>
    /// <param name="limits">The key's limits.</param>
    public KeyUsage(string keyId, KeyLimits limits)
    {
        Rate = limits.Rate.IsEmpty ? null : new RateWindow(limits.Rate);
        foreach (var (model, rate) in limits.PerModel)
        {
            _perModel.Add(new(model, new RateWindow(rate)));
        }

        Day = limits.BudgetUsdPerDay is { } day ? new BudgetState($"{keyId} per day", day) : null;
        Month = limits.BudgetUsdPerMonth is { } month ? new BudgetState($"{keyId} per month", month) : null;
    }

    /// <summary>Of the key as a whole; null = no limit.</summary>
    public RateWindow? Rate { get; }

    /// <summary>Money of the day; null = no limit.</summary>
    public BudgetState? Day { get; }

    /// <summary>Money of the month; null = no limit.</summary>
    public BudgetState? Month { get; }

    /// <summary>Of one model; null = no limit.</summary>
    public RateWindow? Of(string model)
    {
        foreach (var (name, window) in _perModel)
        {
            if (name == model)
            {
                return window;
            }
        }

        return null;
    }
}
