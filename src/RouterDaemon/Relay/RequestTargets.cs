using System.Text;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Fleet;
using RouterDaemon.Http;

namespace RouterDaemon.Relay;

/// <summary>What a request's names stand for in the fleet of its arrival.</summary>
internal static class RequestTargets
{
    private const int MaxShortNameBytes = 256;

    /// <summary>The model asked for, then its fallbacks in order.</summary>
    public static IReadOnlyList<NameTarget> All(InferenceCall call, NameTarget first)
    {
        var configured = call.Fleet.FallbacksOf(first);
        if (call.Hints.Fallbacks.Count == 0 && configured.Count == 0)
        {
            return [first];
        }

        var targets = new List<NameTarget>(1 + call.Hints.Fallbacks.Count) { first };
        foreach (var name in call.Hints.Fallbacks.Where(name => name != call.ModelName))
        {
            targets.Add(Resolve(call, name));
        }

        foreach (var name in configured)
        {
            // A configured fallback that is not there now (not discovered yet) is no reason to refuse what the others can serve.
            if (name != call.ModelName && call.Fleet.Names.TryResolve(Encoding.UTF8.GetBytes(name), out var target))
            {
                targets.Add(target);
            }
        }

        return targets;
    }

    /// <exception cref="ApiException">404 naming close matches.</exception>
    public static NameTarget Resolve(InferenceCall call, string name)
    {
        Span<byte> scratch = stackalloc byte[MaxShortNameBytes];
        var bytes = Encoding.UTF8.TryGetBytes(name, scratch, out var length) ? scratch[..length] : Encoding.UTF8.GetBytes(name);
        if (call.Fleet.Names.TryResolve(bytes, out var target))
        {
            return target;
        }

        var close = call.Fleet.Names.CloseMatches(name);
        throw new ApiException(ApiError.ModelNotFound(close.Length > 0
            ? $"There is no model \"{name}\". Did you mean {string.Join(", ", close)}?"
            : $"There is no model \"{name}\". GET /v1/models lists what there is."));
    }

    /// <summary>Bytes of prompt text for each token, as learned of the first candidate.</summary>
    public static float BytesPerToken(FleetState state, NameTarget target) =>
        target.Candidates.Count > 0 ? state.Snapshot.Deployments[target.Candidates.Numbers[0]].State.BytesPerToken : 4;

    /// <exception cref="ApiException">422 for a tag that nothing carries.</exception>
    public static ulong TagBits(FleetState state, IReadOnlyList<string> tags)
    {
        ulong bits = 0;
        foreach (var tag in tags)
        {
            var bit = Array.IndexOf(state.Snapshot.TagNames, tag);
            if (bit < 0)
            {
                throw new ApiException(ApiError.Impossible($"No deployment carries the tag \"{tag}\".", "x-routerd-tags"));
            }

            bits |= 1UL << bit;
        }

        return bits;
    }
}
