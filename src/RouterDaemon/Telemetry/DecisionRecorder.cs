using System.Collections.Concurrent;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Replay;
using RouterDaemon.Core.Routing;
using RouterDaemon.Relay;
using RouterDaemon.Store;
using RouterDaemon.Store.Records;

namespace RouterDaemon.Telemetry;

/// <summary>
/// Records decisions with all their inputs, for <c>routerd replay</c>: every one while there are few, at most <see cref="PerSecond"/> a second in the
/// long run. A sample that finds the queue full is dropped: it is a sample.
/// </summary>
internal sealed class DecisionRecorder(Router router, Clock clock)
{
    /// <summary>Samples a second in the long run.</summary>
    public const int PerSecond = 1;

    /// <summary>Samples that may come at once after a quiet time.</summary>
    public const int Burst = 120;

    /// <summary>Samples kept in the store, the newest.</summary>
    public const int MaxKept = 10_000;

    private const int MaxQueued = 2 * Burst;
    private const long SpacingNs = 1_000_000_000 / PerSecond;

    private readonly ConcurrentQueue<DecisionSample> _queue = new();
    private long _nextNs;
    private long _discarded;

    /// <summary>Samples that did not come out the same at once, because a state moved while they were taken.</summary>
    public long Discarded => Volatile.Read(ref _discarded);

    /// <summary>As <see cref="Router.Choose"/>; the first choice of a request may be recorded.</summary>
    /// <param name="call">The request.</param>
    /// <param name="candidates">Who may serve it.</param>
    /// <param name="decision">What was decided.</param>
    /// <param name="lease">What the request holds.</param>
    /// <param name="reports">Receives a row for each candidate; empty = nobody asks.</param>
    public RouteResult Choose(InferenceCall call, CandidateSet candidates, ref RouteDecision decision, out RouteLease lease, Span<CandidateReport> reports)
    {
        var now = clock.NowNs;
        var inputs = call.Attempts == 0 && IsDue(now) ? DecisionInputs.Capture(router, candidates, in call.Route, call.PrefixHashes, now) : null;
        var result = router.Choose(candidates, in call.Route, call.PrefixHashes, now, ref decision, out lease, call.Admission?.Budgets, reports);
        if (inputs is null || result != RouteResult.Chosen)
        {
            return result;
        }

        if (!inputs.Conclude(in decision, candidates))
        {
            Interlocked.Increment(ref _discarded);
        }
        else if (_queue.Count < MaxQueued)
        {
            _queue.Enqueue(new DecisionSample(call.Context.RequestId, DecisionInputs.Format, inputs.ToBytes(), clock.Time.GetUtcNow()));
        }

        return result;
    }

    /// <summary>Writes what was recorded since the last call.</summary>
    public async Task FlushAsync(ContextStore store)
    {
        var samples = new List<DecisionSample>();
        while (_queue.TryDequeue(out var sample))
        {
            samples.Add(sample);
        }

        if (samples.Count > 0)
        {
            await store.AddDecisionsAsync(samples, MaxKept).ConfigureAwait(false);
        }
    }

    /// <summary>A leaky bucket in one number: the time at which it will be empty.</summary>
    private bool IsDue(long now)
    {
        var seen = Volatile.Read(ref _nextNs);
        var next = Math.Max(seen, now) + SpacingNs;
        return next - now <= Burst * SpacingNs && Interlocked.CompareExchange(ref _nextNs, next, seen) == seen;
    }
}
