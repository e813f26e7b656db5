using System.Collections.Concurrent;
using RouterDaemon.Store;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Relay.Translation.Responses;

/// <summary>
/// Conversations behind <c>previous_response_id</c>. Written behind the answer: one that is on its way to the store is found in
/// memory, so a client may go on at once.
/// </summary>
internal sealed class ResponseMemory(Func<ContextStore?> store, ILogger log)
{
    private readonly ConcurrentDictionary<string, byte[]> _onTheWay = new(StringComparer.Ordinal);

    /// <summary>The conversation that ended with the response; null when it is not there (any more).</summary>
    public async ValueTask<byte[]?> FindAsync(string id, CancellationToken cancellationToken) =>
        _onTheWay.TryGetValue(id, out var conversation) ? conversation
        : store() is { } open ? await open.FindResponseAsync(id, cancellationToken).ConfigureAwait(false)
        : null;

    /// <summary>Keeps a conversation; one above the store's limit is not kept.</summary>
    public void Keep(string id, byte[] conversation)
    {
        if (conversation.Length <= Store.Records.ResponseLimits.MaxConversationBytes && store() is { } open)
        {
            _onTheWay[id] = conversation;
            _ = WriteAsync(open, id, conversation);
        }
    }

    private async Task WriteAsync(ContextStore open, string id, byte[] conversation)
    {
        try
        {
            await open.KeepResponseAsync(id, conversation).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            Log.StoreFailed(log, e.Message);
        }
        finally
        {
            _onTheWay.TryRemove(id, out _);
        }
    }
}
