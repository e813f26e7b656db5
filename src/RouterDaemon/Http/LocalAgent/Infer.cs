using RouterDaemon.Backends;
using RouterDaemon.Relay;
using RouterDaemon.Relay.Translation.LocalAgent;

namespace RouterDaemon.Http.LocalAgent;

/// <summary><c>POST /infer</c>: what a local agent answers to its router.</summary>
internal sealed class Infer(InferenceRelay relay)
{
    public ValueTask RunAsync(RequestContext context) => relay.RunAsync(context, Operation.Chat, new InferDialect());
}
