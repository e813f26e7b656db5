using RouterDaemon.Backends;
using RouterDaemon.Backends.AnthropicApi;
using RouterDaemon.Fleet;
using RouterDaemon.Relay;
using RouterDaemon.Relay.Translation.Anthropic;

namespace RouterDaemon.Http.Anthropic;

/// <summary><c>POST /v1/messages</c>, <c>/v1/messages/count_tokens</c>.</summary>
internal sealed class Messages(FleetManager fleet, InferenceRelay relay)
{
    public ValueTask CreateAsync(RequestContext context)
    {
        AddRequestId(context);
        return relay.RunAsync(context, Operation.Chat, new AnthropicDialect());
    }

    /// <summary>Counted by the upstream where the first candidate is Anthropic's; else the router's estimate, which it learns from usage.</summary>
    public async ValueTask CountTokensAsync(RequestContext context)
    {
        AddRequestId(context);
        var state = fleet.Current;
        var dialect = new AnthropicDialect();
        var body = await RequestBody.ReadAsync(context, state.Config.Limits.MaxBodyBytes).ConfigureAwait(false);
        using var call = new InferenceCall(context, Operation.Chat, body, state, dialect);
        await dialect.TranslateAsync(call).ConfigureAwait(false);
        var target = relay.Prepare(call);
        var count = call.Route.PromptTokens;
        if (target.Candidates.Count > 0 && state.Backends[target.Candidates.Numbers[0]] is AnthropicBackend backend)
        {
            var deployment = state.Snapshot.Deployments[target.Candidates.Numbers[0]];
            try
            {
                count = await backend.CountTokensAsync(
                    RequestRewriter.Rewrite(call.Original, dialect.NativePeek, deployment, wantUsage: false),
                    CrossingHeaders.Of(context.Http.Request.Headers, Dialect.Anthropic), context.RequestId, context.Http.RequestAborted).ConfigureAwait(false);
            }
            catch (UpstreamException)
            {
                // The estimate stands: a count is worth more than an error.
            }
        }

        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("input_tokens", count);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>Anthropic's clients read the id from this header.</summary>
    private static void AddRequestId(RequestContext context) => context.Http.Response.Headers["request-id"] = context.RequestId;
}
