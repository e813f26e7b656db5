using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using RouterDaemon.Core.State;

namespace RouterDaemon.Core.Fleet;

/// <summary>
/// Eight deployments of a snapshot side by side: what the mask and the price read, one vector for each quantity. The upper part is written once, from the
/// entries; the lower part by the deployments' states (<see cref="State.DeploymentState.Publish"/>), each only in its own lane.
/// </summary>
internal sealed class LaneBlock
{
    /// <summary>Deployments in a block.</summary>
    public const int Width = 8;

    /// <summary>Units of <see cref="ProgressTicks"/> are 2^20 ns, about a millisecond: 32 bits last for 26 days of silence.</summary>
    public const int TickShift = 20;

    /// <summary>By lane; null where the block is not full.</summary>
    public readonly DeploymentEntry?[] Entries = new DeploymentEntry?[Width];

    /// <summary>Numbers in the snapshot.</summary>
    public Vector256<int> Numbers = Vector256.Create(-1);

    public Vector256<int> Capabilities;
    public Vector256<int> Trust;
    public Vector256<int> TagsLow;
    public Vector256<int> TagsHigh;

    /// <summary>Context window, tokens; int.MaxValue = unknown.</summary>
    public Vector256<int> Context;

    /// <summary>Configured cap on requests in flight; int.MaxValue = none.</summary>
    public Vector256<int> Cap;

    public Vector256<float> InputUsdPerMillion;
    public Vector256<float> CachedInputUsdPerMillion;
    public Vector256<float> OutputUsdPerMillion;
    public Vector256<float> Quality;

    /// <summary>Sequences decoded together; infinite = unknown, nobody waits.</summary>
    public Vector256<float> Slots;

    /// <summary>1 / slots; 1 where they are unknown.</summary>
    public Vector256<float> PerSlot;

    /// <summary>Bit by lane: last resorts.</summary>
    public byte LastResorts;

    private long _tickNs;

    public Vector256<int> InFlight;
    public Vector256<int> Unanswered;

    /// <summary>In flight that can still meet their objective for the first token.</summary>
    public Vector256<float> Alive;
    public Vector256<float> AheadSeconds;

    /// <summary>What of it is left at least, however long the one at the head has been worked on.</summary>
    public Vector256<float> LeastAheadSeconds;

    /// <summary>When the one at the head began, in ticks.</summary>
    public Vector256<int> HeadTicks;

    /// <summary>Last sign of life, in ticks; counts while somebody waits for a first token.</summary>
    public Vector256<int> ProgressTicks;

    /// <summary>All bits set: breaker, trial or a time out of use must be looked up in the state.</summary>
    public Vector256<int> Guarded;

    /// <summary>Learned cap on requests in flight; int.MaxValue = none.</summary>
    public Vector256<int> LearnedCap = Vector256.Create(int.MaxValue);

    public Vector256<int> PrefixSlot;
    public Vector256<float> BaseTtft;
    public Vector256<float> PrefillPerToken;
    public Vector256<float> AttentionPerPair;
    public Vector256<float> QueueCoupling;
    public Vector256<float> TtftSigma;
    public Vector256<float> Itl;
    public Vector256<float> ItlPerStream;
    public Vector256<float> MeanStreams;
    public Vector256<float> MeanWork;
    public Vector256<float> Interference;
    public Vector256<float> ItlSigma;
    public Vector256<float> Service;

    /// <summary>Seconds until the model is in memory, and until a queue that others made is gone.</summary>
    public Vector256<float> LoadSeconds;

    /// <summary>Requests that must end before a slot is free, as the engine itself says; negative = it does not say.</summary>
    public Vector256<float> Queued = Vector256.Create(-1f);

    public Vector256<float> HitRatio;
    public Vector256<float> FailureRisk;
    public Vector256<float> MeanOutputTokens;

    /// <summary>How often money counts: 1 + the pressure of budgets.</summary>
    public Vector256<float> MoneyFactor = Vector256.Create(1f);

    /// <summary>Quality by class of work = weight * prior + score.</summary>
    public readonly Vector256<float>[] QualityWeight = new Vector256<float>[DeploymentState.ClassCount];
    public readonly Vector256<float>[] QualityScore = new Vector256<float>[DeploymentState.ClassCount];

    /// <summary>Takes an entry into a lane.</summary>
    public void Add(int lane, int number, DeploymentEntry entry)
    {
        Entries[lane] = entry;
        Set(ref Numbers, lane, number);
        Set(ref Capabilities, lane, (int)entry.Capabilities);
        Set(ref Trust, lane, (int)entry.Trust);
        Set(ref TagsLow, lane, (int)entry.Tags);
        Set(ref TagsHigh, lane, (int)(entry.Tags >> 32));
        Set(ref Context, lane, entry.ContextTokens > 0 ? entry.ContextTokens : int.MaxValue);
        Set(ref Cap, lane, entry.MaxInFlight > 0 ? entry.MaxInFlight : int.MaxValue);
        Set(ref InputUsdPerMillion, lane, (float)entry.PriceInputUsdPerMillion);
        Set(ref CachedInputUsdPerMillion, lane, (float)entry.PriceCachedInputUsdPerMillion);
        Set(ref OutputUsdPerMillion, lane, (float)entry.PriceOutputUsdPerMillion);
        Set(ref Quality, lane, (float)entry.Quality);
        Set(ref Slots, lane, entry.Slots > 0 ? entry.Slots : float.PositiveInfinity);
        Set(ref PerSlot, lane, 1f / Math.Max(1, entry.Slots));
        LastResorts |= (byte)(entry.LastResort ? 1 << lane : 0);
        entry.State.Attach(new Lane(this, lane));
    }

    /// <summary>Lets the states' clocks go on, at most once a second: a decision checks one time for eight deployments.</summary>
    public void TickIfDue(long nowNs)
    {
        if (nowNs >= Volatile.Read(ref _tickNs))
            Tick(nowNs);
    }

    private void Tick(long nowNs)
    {
        const long PeriodNs = 1_000_000_000;
        Volatile.Write(ref _tickNs, nowNs + PeriodNs);
        foreach (var entry in Entries)
            entry?.State.TickIfDue(nowNs);
    }

    /// <summary>Writes one lane and no other: neighbours are written by others at the same time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set<T>(ref Vector256<T> lanes, int lane, T value)
        where T : struct
        => MemoryMarshal.Cast<Vector256<T>, T>(new Span<Vector256<T>>(ref lanes))[lane] = value;
}
