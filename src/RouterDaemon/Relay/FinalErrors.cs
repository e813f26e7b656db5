using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Http;

namespace RouterDaemon.Relay;

/// <summary>What a client is told when no deployment could answer.</summary>
internal static class FinalErrors
{
    /// <summary>A fault that ends a stream, or stands for one.</summary>
    public static ApiError InStream(RelayError error, string message) => error switch
    {
        RelayError.Deadline => ApiError.Deadline(message),
        RelayError.UpstreamBetweenTokensTimeout or RelayError.UpstreamFirstTokenTimeout => ApiError.BadGateway(message, "upstream_timeout"),
        RelayError.ShuttingDown => ApiError.Unavailable(message, TimeSpan.FromSeconds(1), "shutting_down"),
        _ => ApiError.BadGateway(message),
    };

    /// <summary>After the last attempt.</summary>
    public static ApiError After(in AttemptResult last) => last switch
    {
        { ClientError: { } error } => error,
        { Error: RelayError.UpstreamRateLimited } => ApiError.TooManyRequests(last.Message ?? "The deployment is busy.", last.RetryAfter ?? TimeSpan.FromSeconds(1)),
        { Error: RelayError.UpstreamFirstTokenTimeout or RelayError.UpstreamBetweenTokensTimeout or RelayError.UpstreamConnectTimeout } =>
            ApiError.Deadline(last.Message ?? "The deployment did not answer in time."),
        { Status: 503, RetryAfter: { } after } => ApiError.Unavailable(last.Message ?? "The deployment is unavailable.", after),
        _ => InStream(last.Error, last.Message ?? "The deployment failed."),
    };

    public static ApiError NothingUsable(InferenceCall call, in RouteDecision decision, Clock clock)
    {
        var masked = decision.Masked;
        var why = MaskReasons.Line(masked);
        if (decision.WaitingHelps)
        {
            var wait = decision.RecoveryNs > 0 ? TimeSpan.FromTicks(Math.Max(0, (decision.RecoveryNs - clock.NowNs) / 100)) : TimeSpan.FromSeconds(1);
            return ApiError.Unavailable($"No deployment of \"{call.ModelName}\" is available now ({why}).", wait);
        }

        if (decision.Candidates == 0)
        {
            return ApiError.Unavailable($"\"{call.ModelName}\" has no deployment now.", TimeSpan.FromSeconds(5));
        }

        if (masked == MaskReason.Context)
        {
            return ApiError.BadRequest(
                $"The prompt (about {call.Route.PromptTokens} tokens) and max_tokens ({call.Route.MaxTokens}) do not fit the context of any deployment of \"{call.ModelName}\".",
                "messages", "context_length_exceeded");
        }

        if ((masked & MaskReason.Budget) != 0)
        {
            return ApiError.BudgetSpent($"No deployment of \"{call.ModelName}\" fits what is left of a budget ({why}).");
        }

        if (masked != MaskReason.None && (masked & ~(MaskReason.Drained | MaskReason.Tried)) == 0)
        {
            return ApiError.Unavailable($"Every deployment of \"{call.ModelName}\" is drained.", TimeSpan.FromSeconds(30));
        }

        if (call.Client.UntranslatableField is { } field && (masked & MaskReason.Capability) != 0)
        {
            return ApiError.Impossible(
                $"\"{field}\" cannot be translated: only a deployment that speaks this dialect itself could honour it, and \"{call.ModelName}\" has none.", field);
        }

        return (masked & MaskReason.Privacy) != 0
            ? ApiError.Forbidden($"No deployment of \"{call.ModelName}\" may see this request ({why}).", "privacy")
            : ApiError.Impossible($"No deployment of \"{call.ModelName}\" can serve this request ({MissingCapabilities(call) ?? why}).");
    }

    /// <summary>Names what none of the deployments asked for can do; null when each needed capability is somewhere.</summary>
    private static string? MissingCapabilities(InferenceCall call)
    {
        var missing = call.Route.Required;
        foreach (var candidate in RequestTargets.Resolve(call, call.ModelName).Candidates.Numbers)
        {
            missing &= ~call.Fleet.Snapshot.Deployments[candidate].Capabilities;
        }

        return missing == Capability.None ? null : "none has " + string.Join(", ", CapabilityNames.Of(missing));
    }
}
