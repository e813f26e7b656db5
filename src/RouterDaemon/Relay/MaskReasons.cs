using RouterDaemon.Core.Routing;

namespace RouterDaemon.Relay;

/// <summary>Mask bits in words.</summary>
internal static class MaskReasons
{
    /// <summary>One text for each bit that is set.</summary>
    public static IEnumerable<string> Texts(MaskReason reasons)
    {
        for (var bit = 0; bit < 16; bit++)
        {
            var reason = (MaskReason)(1 << bit);
            if ((reasons & reason) != 0)
            {
                yield return Text(reason);
            }
        }
    }

    /// <summary>All of them in one line; empty for none.</summary>
    public static string Line(MaskReason reasons) => string.Join(", ", Texts(reasons));

    private static string Text(MaskReason reason) => reason switch
    {
        MaskReason.Capability => "lacks a capability",
        MaskReason.Privacy => "trust below the privacy floor",
        MaskReason.Context => "context too small",
        MaskReason.Tags => "lacks a tag",
        MaskReason.Cost => "over the cost limit",
        MaskReason.Breaker => "circuit breaker open",
        MaskReason.Down => "down or cooling off",
        MaskReason.Full => "at its in-flight limit",
        MaskReason.Tried => "tried before",
        MaskReason.LastResort => "last resort",
        MaskReason.Drained => "drained",
        MaskReason.Budget => "budget spent",
        _ => reason.ToString(),
    };
}
