using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.State;

namespace RouterDaemon.Core.Replay;

/// <summary>
/// Everything that one decision was taken from, and what it came to. Taken again by the same code on copies of the same states, it comes out the same to
/// the last bit; other policies can be asked what they would have chosen.
/// </summary>
public sealed class DecisionInputs
{
    /// <summary>Layout of the bytes; append-only: another layout is another number.</summary>
    public const int Format = 1;

    /// <summary>Decisions among more candidates are not recorded.</summary>
    public const int MaxCandidates = 256;

    private CandidateInput[] _candidates = [];
    private int[] _preference = [];
    private Head _head;
    private double _leastUsd = double.NaN;

    private DecisionInputs()
    {
    }

    /// <summary>The recorded winner, a number in <see cref="DeploymentIds"/>.</summary>
    public int Winner => _head.Winner;

    /// <summary>Number of the policy that decided, in <see cref="RoutingPolicies.Table"/>.</summary>
    public int Policy => _head.Policy;

    /// <summary>Sequence number of the decision.</summary>
    public long Sequence => _head.Sequence;

    /// <summary>The candidates.</summary>
    public IReadOnlyList<string> DeploymentIds => Array.ConvertAll(_candidates, static c => c.Id);

    /// <summary>
    /// Takes the inputs of a decision that is about to be taken; null when there are too many candidates. Complete it by <see cref="Conclude"/>.
    /// </summary>
    public static DecisionInputs? Capture(Router router, CandidateSet candidates, in RouteRequest request, ReadOnlySpan<ulong> prefixHashes, long nowNs)
    {
        if (candidates.Count is 0 or > MaxCandidates)
            return null;
        // In the order of the snapshot, so that blocks and ties fall as they did.
        var numbers = candidates.Numbers.ToArray();
        Array.Sort(numbers);
        var depths = prefixHashes.IsEmpty ? [] : router.Depths(prefixHashes);
        var inputs = new DecisionInputs { _candidates = new CandidateInput[numbers.Length], _preference = new int[numbers.Length] };
        for (var i = 0; i < numbers.Length; i++)
        {
            var entry = candidates.Fleet.Deployments[numbers[i]];
            var slot = entry.State.PrefixSlot;
            entry.State.Capture(out var state);
            var depth = slot > 0 && slot < depths.Length ? (int)(depths[slot] >> 16) : 0;
            inputs._candidates[i] = new CandidateInput(entry.Id, entry.ModelId, new EntryImage(entry), state, depth, router.IsSessionHome(request.SessionHash, entry.State));
            inputs._preference[i] = Array.BinarySearch(numbers, candidates.Numbers[i]);
        }

        ref var head = ref inputs._head;
        head.Router = router.Capture(request.TaskClass);
        head.Request = request;
        head.Request.Tried = default;
        for (var i = 0; i < numbers.Length; i++)
        {
            if (request.Tried.Contains(numbers[i]))
                head.Request.Tried.Add(i);
        }

        head.NowNs = nowNs;
        head.Hashes = prefixHashes.Length;
        return inputs;
    }

    /// <summary>Notes what was decided. False: it does not come out the same, because a state moved between the two; then it is of no use.</summary>
    public bool Conclude(in RouteDecision decision, CandidateSet candidates)
    {
        var id = decision.Winner >= 0 ? candidates.Fleet.Deployments[decision.Winner].Id : "";
        _head.Winner = Array.FindIndex(_candidates, c => c.Id == id);
        _head.Sequence = decision.Sequence;
        _head.Policy = decision.Policy;
        _head.WinnerTerms = decision.WinnerTerms;
        return _head.Winner >= 0 && Reproduces();
    }

    /// <summary>Takes the decision again: true when the winner and all its terms are the same to the last bit.</summary>
    public bool Reproduces()
    {
        Decide(_head.Policy, out var winner, out var terms);
        return winner == _head.Winner && Bytes(in terms).SequenceEqual(Bytes(in _head.WinnerTerms));
    }

    /// <summary>What was chosen.</summary>
    public ReplayedChoice Recorded() => Choice(_head.Winner, in _head.WinnerTerms);

    /// <summary>What a policy, by its number in the table, would have chosen.</summary>
    public ReplayedChoice Choose(int policy)
    {
        Decide(policy, out var winner, out var terms);
        return Choice(winner, in terms);
    }

    /// <summary>Every candidate, masked ones too, priced as it was then; numbers are places in <see cref="DeploymentIds"/>.</summary>
    public CandidateReport[] Explain()
    {
        var router = Rebuild(out var candidates, out var hashes);
        var reports = new CandidateReport[_candidates.Length];
        router.Explain(candidates, in _head.Request, hashes, _head.NowNs, reports);
        return reports;
    }

    /// <summary>The inputs as bytes.</summary>
    public byte[] ToBytes()
    {
        var bytes = new ArrayBufferWriter<byte>(_candidates.Length * Unsafe.SizeOf<DeploymentImage>());
        Write(bytes, Layout.Now);
        Write(bytes, _head);
        Write(bytes, _candidates.Length);
        for (var i = 0; i < _candidates.Length; i++)
        {
            var candidate = _candidates[i];
            Write(bytes, _preference[i]);
            Write(bytes, candidate.Id);
            Write(bytes, candidate.ModelId);
            Write(bytes, candidate.Entry);
            Write(bytes, candidate.State);
            Write(bytes, candidate.PrefixDepth);
            Write(bytes, candidate.IsSessionHome);
        }

        Write(bytes, Checksum(bytes.WrittenSpan));
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Reads what <see cref="ToBytes"/> gave; null for another layout, or for bytes that are not whole.</summary>
    public static DecisionInputs? Read(int format, ReadOnlySpan<byte> bytes)
    {
        if (format != Format || bytes.Length < sizeof(ulong) || !MemoryMarshal.TryRead(bytes[^sizeof(ulong)..], out ulong checksum)
            || checksum != Checksum(bytes = bytes[..^sizeof(ulong)]) || !TryRead(ref bytes, out Layout layout) || layout != Layout.Now || !TryRead(ref bytes, out Head head)
            || !TryRead(ref bytes, out int count) || count is < 1 or > MaxCandidates || head.Winner < 0 || head.Winner >= count
            || head.Policy < 0 || head.Policy >= RoutingPolicies.Table.Count || head.Router.DefaultPolicy < 0
            || head.Router.DefaultPolicy >= RoutingPolicies.Table.Count || head.Hashes is < 0 or > Wire.PrefixHasher.MaxHashes * 64)
            return null;
        var inputs = new DecisionInputs { _head = head, _candidates = new CandidateInput[count], _preference = new int[count] };
        for (var i = 0; i < count; i++)
        {
            if (!TryRead(ref bytes, out inputs._preference[i]) || inputs._preference[i] < 0 || inputs._preference[i] >= count
                || !TryRead(ref bytes, out string id) || !TryRead(ref bytes, out string model) || !TryRead(ref bytes, out EntryImage entry)
                || !TryRead(ref bytes, out DeploymentImage state) || !TryRead(ref bytes, out int depth) || !TryRead(ref bytes, out bool isHome))
                return null;
            inputs._candidates[i] = new CandidateInput(id, model, entry, state, Math.Clamp(depth, 0, head.Hashes), isHome);
        }

        return bytes.IsEmpty ? inputs : null;
    }

    private void Decide(int policy, out int winner, out CandidateTerms terms)
    {
        var router = Rebuild(out var candidates, out var hashes);
        var request = _head.Request;
        request.Policy = policy + 1;
        var decision = default(RouteDecision);
        router.Choose(candidates, in request, hashes, _head.NowNs, ref decision, out _);
        (winner, terms) = (decision.Winner, decision.WinnerTerms);
    }

    private ReplayedChoice Choice(int winner, in CandidateTerms terms)
    {
        if (double.IsNaN(_leastUsd))
            _leastUsd = Least();
        return new ReplayedChoice
        {
            Candidate = winner,
            DeploymentId = winner < 0 ? "" : _candidates[winner].Id,
            Terms = terms,
            RegretUsd = winner < 0 ? 0 : Math.Max(0, terms.TotalUsd - _leastUsd),
        };
    }

    private double Least()
    {
        var least = double.PositiveInfinity;
        foreach (ref readonly var report in Explain().AsSpan())
        {
            if (report.Masked == MaskReason.None)
                least = Math.Min(least, report.Terms.TotalUsd);
        }

        return least;
    }

    /// <summary>A router and a fleet as they were. Each call makes new ones: a decision moves counters.</summary>
    private Router Rebuild(out CandidateSet candidates, out ulong[] hashes)
    {
        var router = new Router(in _head.Router, _head.Request.TaskClass, _head.Sequence, _head.Hashes, _candidates.Length);
        var entries = new DeploymentEntry[_candidates.Length];
        for (var i = 0; i < entries.Length; i++)
            entries[i] = _candidates[i].Entry.ToEntry(_candidates[i].Id, _candidates[i].ModelId, new DeploymentState(_candidates[i].State));
        hashes = new ulong[_head.Hashes];
        for (var k = 0; k < hashes.Length; k++)
        {
            hashes[k] = ((ulong)k + 1) * 0xD6E8FEB86659FD93;
            // The table gives up after two levels that nobody knows, and nobody's depth but the deepest entry counts.
            var known = false;
            for (var i = 0; i < entries.Length; i++)
            {
                if (_candidates[i].PrefixDepth == k + 1)
                {
                    router.Remember(hashes[k], entries[i].State);
                    known = true;
                }
            }

            for (var i = 0; i < entries.Length && !known; i++)
            {
                if (_candidates[i].PrefixDepth > k)
                {
                    router.Remember(hashes[k], entries[i].State);
                    known = true;
                }
            }
        }

        for (var i = 0; i < entries.Length; i++)
        {
            if (_candidates[i].IsSessionHome)
                router.Remember(_head.Request.SessionHash, entries[i].State);
        }

        candidates = new FleetSnapshot(entries).Candidates(_preference);
        return router;
    }

    /// <summary>FNV-1a, 64 bits: what lay damaged on a disk must not reach code that trusts its own states.</summary>
    private static ulong Checksum(ReadOnlySpan<byte> bytes)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var value in bytes)
            hash = (hash ^ value) * 0x100000001B3;
        return hash;
    }

    private static ReadOnlySpan<byte> Bytes<T>(in T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value));

    private static void Write<T>(ArrayBufferWriter<byte> to, T value)
        where T : unmanaged => to.Write(Bytes(in value));

    private static void Write(ArrayBufferWriter<byte> to, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Write(to, bytes.Length);
        to.Write(bytes);
    }

    private static bool TryRead<T>(ref ReadOnlySpan<byte> from, out T value)
        where T : unmanaged
    {
        if (!MemoryMarshal.TryRead(from, out value))
            return false;
        from = from[Unsafe.SizeOf<T>()..];
        return true;
    }

    private static bool TryRead(ref ReadOnlySpan<byte> from, out string text)
    {
        text = "";
        if (!TryRead(ref from, out int length) || length < 0 || length > from.Length)
            return false;
        text = Encoding.UTF8.GetString(from[..length]);
        from = from[length..];
        return true;
    }

    /// <summary>The sizes of what is copied byte by byte: a change of one of them is another layout even if nobody thought of the number.</summary>
    private readonly record struct Layout(int Request, int Router, int Entry, int State, int Terms)
    {
        public static readonly Layout Now = new(
            Unsafe.SizeOf<RouteRequest>(), Unsafe.SizeOf<RouterImage>(), Unsafe.SizeOf<EntryImage>(), Unsafe.SizeOf<DeploymentImage>(), Unsafe.SizeOf<CandidateTerms>());
    }

    private struct Head
    {
        public RouterImage Router;
        public RouteRequest Request;
        public CandidateTerms WinnerTerms;
        public long NowNs;
        public long Sequence;
        public int Policy;
        public int Winner;
        public int Hashes;
    }
}
