namespace RouterDaemon.Backends.Http1;

/// <summary>An upstream's answer on a connection of the pool, which gets it back.</summary>
internal sealed class Http1Response(Http1Connection connection, Http1Pool pool, IAbortSource? abort, CancellationTokenRegistration cancel) : BackendResponse
{
    /// <summary>How long and how much of an unread rest is read, to keep the connection.</summary>
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromMilliseconds(100);
    private const int MaxDrainBytes = 16 * 1024;

    private bool _isDisposed;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken) => connection.ReadBodyAsync(buffer);

    public override ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return ValueTask.CompletedTask;
        }

        _isDisposed = true;
        // After these two nobody aborts a connection that is no longer ours.
        var isAborted = abort is not null && !abort.TryDetach(connection);
        cancel.Dispose();
        if (isAborted)
        {
            connection.Dispose();
        }
        else if (connection.IsAtEnd || connection.IsAborted)
        {
            pool.Return(connection);
        }
        else
        {
            _ = DrainAsync();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>An event stream is over at <c>[DONE]</c>, a moment before its framing is.</summary>
    private async Task DrainAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(DrainTimeout);
            using var registration = limit.Token.UnsafeRegister(static state => ((Http1Connection)state!).Abort(), connection);
            var scratch = new byte[1024];
            var total = 0;
            int read;
            while (total < MaxDrainBytes && (read = await connection.ReadBodyAsync(scratch).ConfigureAwait(false)) > 0)
            {
                total += read;
            }
        }
        catch (Exception e) when (e is UpstreamException or OperationCanceledException)
        {
            // Not reusable then: Return closes it.
        }

        pool.Return(connection);
    }
}
