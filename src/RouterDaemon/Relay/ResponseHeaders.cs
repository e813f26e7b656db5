using System.Globalization;
using RouterDaemon.Core.Routing;
using RouterDaemon.Store.Journal;

namespace RouterDaemon.Relay;

/// <summary>What every answer says of its routing.</summary>
internal static class ResponseHeaders
{
    private const int MaxReasonChars = 512;
    private const string CachedReason = "cache: an identical request was answered before";

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
        headers["x-routerd-reason"] = call.DecisionKind == DecisionKind.Cached ? CachedReason : Reason(call);
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
        ref readonly var terms = ref decision.WinnerTerms;
        var line = new LineWriter(stackalloc char[MaxReasonChars]);
        line.Append(RoutingPolicies.Table[decision.Policy].Name);
        line.Append(": predicted ttft ");
        line.Append(terms.TtftMs, 0);
        line.Append(" ms, ");
        line.Append(terms.ItlMs, 1);
        line.Append(" ms/token, cost $");
        line.Append(terms.CostUsd, 6);
        line.Append("; ");
        line.Append(decision.Usable);
        line.Append(" of ");
        line.Append(decision.Candidates);
        line.Append(" usable");
        if (decision.RunnerUp >= 0)
        {
            ref readonly var other = ref decision.RunnerUpTerms;
            line.Append("; runner-up ");
            line.Append(call.Fleet.Snapshot.Deployments[decision.RunnerUp].Id);
            line.Append(" (ttft ");
            line.Append(other.TtftMs, 0);
            line.Append(" ms, cost $");
            line.Append(other.CostUsd, 6);
            line.Append(")");
        }

        return new string(line.Text);
    }

    private static string Ascii(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~') ? text : string.Create(text.Length, text, static (span, from) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = from[i] is >= ' ' and <= '~' ? from[i] : '?';
        }
    });
}
