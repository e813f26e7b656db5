namespace RouterDaemon.Core.State;

/// <summary>
/// One budget in its present period: what was spent, what requests under way may still spend, and how much dearer money counts because it is spent too
/// fast. Safe from any thread; a reservation is two interlocked operations.
/// </summary>
public sealed class BudgetState
{
    /// <summary>Most that <see cref="Pressure"/> grows to.</summary>
    public const double MostPressure = 20;

    private const double NanoUsd = 1e9;
    private const double ShortestMemorySeconds = 60;
    private const double LongestMemorySeconds = 3600;

    private long _limit;
    private long _spent;
    private long _reserved;
    private long _seen;
    private double _rate;
    private double _pressure;

    /// <summary>A budget of which nothing is spent yet.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="limitUsd">Most that its period may cost; 0 = nothing may be spent.</param>
    public BudgetState(string id, double limitUsd)
    {
        Id = id;
        _limit = ToNano(limitUsd);
    }

    /// <summary>Its name.</summary>
    public string Id { get; }

    /// <summary>Most that the period may cost.</summary>
    public double LimitUsd => Volatile.Read(ref _limit) / NanoUsd;

    /// <summary>Spent in the period.</summary>
    public double SpentUsd => Volatile.Read(ref _spent) / NanoUsd;

    /// <summary>What requests under way may cost at most.</summary>
    public double ReservedUsd => Volatile.Read(ref _reserved) / NanoUsd;

    /// <summary>How much dearer money counts: 0 = as billed, 1 = twice.</summary>
    public double Pressure => Volatile.Read(ref _pressure);

    /// <summary>Starts a period, or corrects the present one. Reservations of requests under way stay.</summary>
    public void Restart(double limitUsd, double spentUsd)
    {
        Volatile.Write(ref _limit, ToNano(limitUsd));
        Volatile.Write(ref _spent, ToNano(spentUsd));
        _seen = _spent;
        _rate = 0;
        Volatile.Write(ref _pressure, 0);
    }

    /// <summary>
    /// Moves the pressure; called once a second by one timer. It is the online dual of the budget's constraint (specs: routing, section 5): up while
    /// money goes faster than what is left may, down otherwise. The rate is averaged over a hundredth of the period, a minute at least and an hour at
    /// most, and the gain is as slow as the average.
    /// </summary>
    /// <param name="secondsLeft">Until the period ends.</param>
    /// <param name="periodSeconds">Length of the period.</param>
    /// <param name="elapsedSeconds">Since the last call.</param>
    public void Pace(double secondsLeft, double periodSeconds, double elapsedSeconds)
    {
        if (!(elapsedSeconds > 0) || !double.IsFinite(elapsedSeconds))
            return;
        var memory = Math.Clamp(periodSeconds / 100, ShortestMemorySeconds, LongestMemorySeconds);
        var spent = Volatile.Read(ref _spent);
        var share = 1 - Math.Exp(-elapsedSeconds / memory);
        _rate += share * (((spent - _seen) / NanoUsd / elapsedSeconds) - _rate);
        _seen = spent;
        var allowed = Math.Max(0, LimitUsd - SpentUsd) / Math.Max(1, secondsLeft);
        var excess = allowed > 0 ? Math.Clamp((_rate / allowed) - 1, -1, 4) : _rate > 0 ? 4 : -1;
        Volatile.Write(ref _pressure, Math.Clamp(_pressure + (6 / memory * excess * elapsedSeconds), 0, MostPressure));
    }

    /// <summary>Whether a request of this price still fits.</summary>
    internal bool HasRoomFor(double usd) => usd <= 0 || Volatile.Read(ref _spent) + Volatile.Read(ref _reserved) + ToNano(usd) <= Volatile.Read(ref _limit);

    /// <summary>Sets money aside; false = it does not fit, and nothing is set aside.</summary>
    internal bool TryReserve(double usd)
    {
        var nano = ToNano(usd);
        if (nano == 0)
            return true;
        if (Interlocked.Add(ref _reserved, nano) + Volatile.Read(ref _spent) <= Volatile.Read(ref _limit))
            return true;
        Interlocked.Add(ref _reserved, -nano);
        return false;
    }

    /// <summary>A request ended: what was set aside for it is free, what it cost is spent.</summary>
    internal void Settle(double reservedUsd, double actualUsd)
    {
        Interlocked.Add(ref _spent, ToNano(actualUsd));
        Interlocked.Add(ref _reserved, -ToNano(reservedUsd));
    }

    private static long ToNano(double usd) => usd > 0 && double.IsFinite(usd) ? (long)Math.Min(Math.Ceiling(usd * NanoUsd), long.MaxValue / 4) : 0;
}
