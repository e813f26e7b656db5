using RouterDaemon.Backends;
using RouterDaemon.Core.Routing;
using RouterDaemon.Fleet;
using RouterDaemon.Relay;

namespace RouterDaemon.Http.Admin;

/// <summary><c>POST /v1/route/explain</c>: the decision for a completion's body, without running it.</summary>
internal sealed class RouteExplain(FleetManager fleet, InferenceRelay relay)
{
    public async ValueTask RunAsync(RequestContext context)
    {
        var state = fleet.Current;
        fleet.RefreshOnDevice(state);
        var body = await RequestBody.ReadAsync(context, state.Config.Limits.MaxBodyBytes).ConfigureAwait(false);
        using var call = new InferenceCall(context, Operation.Chat, body, state);
        var target = relay.Prepare(call);
        var reports = relay.Explain(call, target);
        var winner = relay.Preview(call, target);
        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("model", call.ModelName);
            json.WriteString("policy", RoutingPolicies.Table[Math.Max(0, call.Route.Policy - 1)].Name);
            json.WriteNumber("prompt_tokens_estimate", call.Route.PromptTokens);
            json.WriteString("would_choose", winner);
            DecisionJson.WriteCandidates(json, number => state.Snapshot.Deployments[number].Id, reports);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }
}
