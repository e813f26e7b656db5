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
    private const char OwnerEnd = '/';

    private readonly ConcurrentDictionary<string, byte[]> _onTheWay = new(StringComparer.Ordinal);

    /// <summary>The conversation that ended with the response; null when it is not there (any more), or is another key's.</summary>
    /// <param name="owner">Id of the caller's key; null = no key.</param>
    /// <param name="responseId">The response.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<byte[]?> FindAsync(string? owner, string responseId, CancellationToken cancellationToken)
    {
        if (responseId.Contains(OwnerEnd, StringComparison.Ordinal))
        {
            // No response is called so: this would be somebody's way to another key's rows.
            return null;
        }

        var id = RowId(owner, responseId);
        return _onTheWay.TryGetValue(id, out var conversation) ? conversation
            : store() is { } open ? await open.FindResponseAsync(id, cancellationToken).ConfigureAwait(false)
            : null;
    }

    /// <summary>Keeps a conversation for its owner; one above the store's limit is not kept.</summary>
    public void Keep(string? owner, string responseId, byte[] conversation)
    {
        var id = RowId(owner, responseId);
        if (conversation.Length <= Store.Records.ResponseLimits.MaxConversationBytes && store() is { } open)
        {
            _onTheWay[id] = conversation;
            _ = WriteAsync(open, id, conversation);
        }
    }

    /// <summary>Forgets a conversation. False = it is not there (any more), or is another key's.</summary>
    public async ValueTask<bool> ForgetAsync(string? owner, string responseId, CancellationToken cancellationToken)
    {
        if (responseId.Contains(OwnerEnd, StringComparison.Ordinal) || store() is not { } open)
        {
            return false;
        }

        var id = RowId(owner, responseId);
        // The store's one writer takes its work in order: what is on the way is there before it is deleted.
        var isOnTheWay = _onTheWay.TryRemove(id, out _);
        return await open.DeleteResponseAsync(id, cancellationToken).ConfigureAwait(false) || isOnTheWay;
    }

    private static string RowId(string? owner, string responseId) => owner is null ? responseId : owner + OwnerEnd + responseId;

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
