using RouterDaemon.Backends;
using RouterDaemon.Engine;
using RouterDaemon.Relay;
using RouterDaemon.Relay.Translation.Ollama;

namespace RouterDaemon.Http.Ollama;

/// <summary><c>POST /api/chat</c>, <c>/api/generate</c>, <c>/api/embed</c>.</summary>
internal sealed class OllamaInference(InferenceRelay relay, EngineHost engine)
{
    public ValueTask ChatAsync(RequestContext context) => relay.RunAsync(context, Operation.Chat, new OllamaDialect(OllamaCall.Chat, LoadAsync));

    public ValueTask GenerateAsync(RequestContext context) => relay.RunAsync(context, Operation.Chat, new OllamaDialect(OllamaCall.Generate, LoadAsync));

    public ValueTask EmbedAsync(RequestContext context) => relay.RunAsync(context, Operation.Embeddings, new OllamaDialect(OllamaCall.Embed, LoadAsync));

    /// <summary>A request without a prompt loads the model, with <c>keep_alive: 0</c> unloads it. Models of other backends are theirs to load.</summary>
    private async ValueTask LoadAsync(InferenceCall call, string model, OllamaCall kind, bool unload)
    {
        var target = RequestTargets.Resolve(call, model);
        foreach (var candidate in target.Candidates.Numbers.ToArray())
        {
            var deployment = call.Fleet.Snapshot.Deployments[candidate];
            if (!deployment.OnDevice)
            {
                continue;
            }

            try
            {
                await (unload
                    ? engine.UnloadAsync(deployment.UpstreamModel)
                    : engine.PreloadAsync(deployment.UpstreamModel, call.Context.Http.RequestAborted)).ConfigureAwait(false);
            }
            catch (EngineException e)
            {
                throw new ApiException(ApiError.Unavailable(e.Message, e.RetryAfter ?? TimeSpan.FromSeconds(30), "model_load_failed"));
            }
        }

        await JsonAnswer.WriteAsync(call.Context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("model", model);
            json.WriteString("created_at", OllamaTime.Format(call.Context.StartedUnixMicros));
            if (kind == OllamaCall.Chat)
            {
                json.WriteStartObject("message");
                json.WriteString("role", "assistant");
                json.WriteString("content", "");
                json.WriteEndObject();
            }
            else
            {
                json.WriteString("response", "");
            }

            json.WriteBoolean("done", true);
            json.WriteString("done_reason", unload ? "unload" : "load");
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }
}
