using RouterDaemon.Backends;
using RouterDaemon.Relay;
using RouterDaemon.Relay.Translation.Responses;

namespace RouterDaemon.Http.OpenAi;

/// <summary><c>/v1/responses</c>. Cold, because conversations are kept in the store.</summary>
internal sealed class Responses(InferenceRelay relay, ResponseMemory memory)
{
    public ValueTask CreateAsync(RequestContext context) => relay.RunAsync(context, Operation.Chat, new ResponsesDialect(memory));

    public async ValueTask GetAsync(RequestContext context)
    {
        var id = Uri.UnescapeDataString(context.RouteValue);
        var stored = await memory.FindAsync(context.KeyId, id, context.Http.RequestAborted).ConfigureAwait(false) ?? throw Unknown(id);
        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            if (!StoredResponse.TryWriteResponse(stored, json))
            {
                throw Unknown(id);
            }
        }).ConfigureAwait(false);
    }

    public async ValueTask DeleteAsync(RequestContext context)
    {
        var id = Uri.UnescapeDataString(context.RouteValue);
        if (!await memory.ForgetAsync(context.KeyId, id, context.Http.RequestAborted).ConfigureAwait(false))
        {
            throw Unknown(id);
        }

        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteString("object", "response");
            json.WriteBoolean("deleted", true);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static ApiException Unknown(string id) => new(ApiError.ResponseNotFound(id));
}
