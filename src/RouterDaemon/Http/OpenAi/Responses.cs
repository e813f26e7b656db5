using RouterDaemon.Backends;
using RouterDaemon.Relay;
using RouterDaemon.Relay.Translation.Responses;

namespace RouterDaemon.Http.OpenAi;

/// <summary><c>POST /v1/responses</c>. Cold, because the conversation before it may come from the store.</summary>
internal sealed class Responses(InferenceRelay relay, ResponseMemory memory)
{
    public ValueTask CreateAsync(RequestContext context) => relay.RunAsync(context, Operation.Chat, new ResponsesDialect(memory));
}
