using RouterDaemon.Keys;
using RouterDaemon.Store;

namespace RouterDaemon.Http.Admin;

/// <summary><c>/admin/keys</c>: lists, makes and revokes API keys. The text of a key leaves once, in the answer that made it.</summary>
internal sealed class AdminKeys(KeyRegistry keys, TimeProvider time)
{
    private readonly KeyJson _json = new(time);

    public ValueTask ListAsync(RequestContext context) => JsonAnswer.WriteAsync(context, 200, json => _json.WriteAll(json, keys.All));

    public async ValueTask CreateAsync(RequestContext context)
    {
        using var body = await AdminBody.ReadAsync(context).ConfigureAwait(false);
        var wanted = _json.Read(body.RootElement);
        try
        {
            var (key, text) = await keys.CreateAsync(wanted).ConfigureAwait(false);
            await JsonAnswer.WriteAsync(context, 201, json => _json.Write(json, key, text)).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            throw new ApiException(new ApiError(500, "server_error", "store_failed", e.Message));
        }
    }

    public async ValueTask RevokeAsync(RequestContext context)
    {
        var id = Uri.UnescapeDataString(context.RouteValue);
        if (!await keys.RevokeAsync(id).ConfigureAwait(false))
        {
            throw new ApiException(NoSuchKey(id));
        }

        await JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("id", id);
            json.WriteBoolean("revoked", true);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>404 for an id that no live key has.</summary>
    public static ApiError NoSuchKey(string id) => new(404, "invalid_request_error", "not_found", $"There is no key \"{id}\" that is not revoked.");
}
