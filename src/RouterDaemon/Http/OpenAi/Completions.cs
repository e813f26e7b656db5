using RouterDaemon.Backends;
using RouterDaemon.Relay;

namespace RouterDaemon.Http.OpenAi;

/// <summary><c>POST /v1/chat/completions</c>, <c>/v1/completions</c>, <c>/v1/embeddings</c>, <c>/v1/rerank</c>.</summary>
internal sealed class Completions(InferenceRelay relay)
{
    public ValueTask ChatAsync(RequestContext context) => relay.RunAsync(context, Operation.Chat);

    public ValueTask TextAsync(RequestContext context) => relay.RunAsync(context, Operation.Completion);

    public ValueTask RerankAsync(RequestContext context) => relay.RunAsync(context, Operation.Rerank);

    public ValueTask EmbeddingsAsync(RequestContext context) => relay.RunAsync(context, Operation.Embeddings);
}
