using System.Globalization;
using RouterDaemon.Core.Routing;
using RouterDaemon.Store.Journal;

namespace RouterDaemon.Relay;

/// <summary>What every answer says of its routing.</summary>
internal static class ResponseHeaders
{
    /// <summary>Sets <c>x-routerd-*</c>.</summary>
    public static void Write(HttpResponse response, InferenceCall call)
    {
        var headers = response.Headers;
        headers["x-routerd-deployment"] = Ascii(call.Deployment?.Id ?? "");
        headers["x-routerd-decision"] = call.DecisionKind switch
        {
            DecisionKind.Fallback => "fallback",
            DecisionKind.Hedged => "hedged",
            DecisionKind.Cached => "cached",
            _ => "chosen",
        };
        headers["x-routerd-attempts"] = call.Attempts.ToString(CultureInfo.InvariantCulture);
        headers["x-routerd-reason"] = Reason(call);
        if (call.SessionToken is { } token)
        {
            headers["x-session-token"] = Ascii(token);
        }
    }

    /// <summary>Sets the headers of an event stream.</summary>
    public static void WriteStream(HttpResponse response, InferenceCall call)
    {
        response.StatusCode = 200;
        response.ContentType = call.Client.StreamMediaType;
        response.Headers.CacheControl = "no-cache";
        // nginx buffers event streams unless it is told not to.
        response.Headers["x-accel-buffering"] = "no";
        Write(response, call);
    }

    /// <summary>One line: what was predicted, and who came second. ASCII: header values are.</summary>
    public static string Reason(InferenceCall call)
    {
        ref readonly var decision = ref call.Decision;
        var policy = RoutingPolicies.Table[decision.Policy].Name;
        var terms = decision.WinnerTerms;
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{policy}: predicted ttft {terms.TtftMs:0} ms, {terms.ItlMs:0.0} ms/token, cost ${terms.CostUsd:0.000000}; {decision.Usable} of {decision.Candidates} usable");
        if (decision.RunnerUp < 0)
        {
            return text;
        }

        var second = call.Fleet.Snapshot.Deployments[decision.RunnerUp].Id;
        var other = decision.RunnerUpTerms;
        return text + string.Create(
            CultureInfo.InvariantCulture, $"; runner-up {Ascii(second)} (ttft {other.TtftMs:0} ms, cost ${other.CostUsd:0.000000})");
    }

    private static string Ascii(string text) => string.Create(text.Length, text, static (span, from) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = from[i] is >= ' ' and <= '~' ? from[i] : '?';
        }
    });
}
