using System.Buffers;

namespace RouterDaemon.Cache.Redis;

/// <summary>One connection to Redis: commands go out as they come, replies come back in their order. After a fault it is closed for good.</summary>
internal sealed class RedisLink(Stream stream) : IDisposable
{
    /// <summary>Bytes that may wait to be sent before stores are left out.</summary>
    private const int MaxWaitingBytes = 4 << 20;

    /// <summary>Replies that may be due: more means that nobody answers.</summary>
    private const int MaxDue = 10_000;

    /// <summary>Longest value that is taken from Redis.</summary>
    private const int MaxBulkBytes = 8 << 20;

    private const int KeptBufferBytes = 256 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource<RespReply?>?> _due = new();
    private readonly CancellationTokenSource _closed = new();
    private ArrayBufferWriter<byte> _waiting = new();
    private ArrayBufferWriter<byte> _idle = new();
    private bool _isSending;
    private bool _isClosed;

    /// <summary>Sends a command; its reply, or null when the connection is lost.</summary>
    public Task<RespReply?> CallAsync(params byte[][] arguments)
    {
        var reply = new TaskCompletionSource<RespReply?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!Enqueue(arguments, reply))
        {
            reply.TrySetResult(null);
        }

        return reply.Task;
    }

    /// <summary>Sends a command whose reply does not matter; left out when too much waits already.</summary>
    public void Post(params byte[][] arguments) => Enqueue(arguments, null);

    /// <summary>Reads replies until the connection ends; says why it did.</summary>
    public async Task<string> ReceiveAsync()
    {
        var reason = "it closed the connection";
        try
        {
            var reader = new RespReader(MaxBulkBytes);
            while (await stream.ReadAsync(reader.Room(), _closed.Token).ConfigureAwait(false) is > 0 and var read)
            {
                reader.Advance(read);
                while (reader.TryRead() is { } reply)
                {
                    Deliver(reply);
                }
            }
        }
        catch (OperationCanceledException)
        {
            reason = "it did not answer in time";
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidDataException)
        {
            reason = e.Message;
        }

        Dispose();
        return reason;
    }

    /// <summary>Closes the connection; whoever waits for a reply gets none.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
        }

        _closed.Cancel();
        stream.Dispose();
        while (_due.TryDequeue(out var waiter))
        {
            waiter?.TrySetResult(null);
        }
    }

    private bool Enqueue(byte[][] arguments, TaskCompletionSource<RespReply?>? reply)
    {
        lock (_lock)
        {
            if (_isClosed || _due.Count >= MaxDue || (reply is null && _waiting.WrittenCount > MaxWaitingBytes))
            {
                return false;
            }

            RespWriter.Write(_waiting, arguments);
            _due.Enqueue(reply);
            if (_isSending)
            {
                return true;
            }

            _isSending = true;
        }

        _ = SendAsync();
        return true;
    }

    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                ArrayBufferWriter<byte> batch;
                lock (_lock)
                {
                    if (_waiting.WrittenCount == 0 || _isClosed)
                    {
                        _isSending = false;
                        return;
                    }

                    (batch, _waiting) = (_waiting, _idle);
                }

                await stream.WriteAsync(batch.WrittenMemory, _closed.Token).ConfigureAwait(false);
                batch.ResetWrittenCount();
                _idle = batch.Capacity <= KeptBufferBytes ? batch : new ArrayBufferWriter<byte>();
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            Dispose();
        }
    }

    private void Deliver(RespReply reply)
    {
        TaskCompletionSource<RespReply?>? waiter;
        lock (_lock)
        {
            if (_isClosed)
            {
                return;
            }

            if (!_due.TryDequeue(out waiter))
            {
                throw new InvalidDataException("it sent a reply that nobody asked for");
            }
        }

        waiter?.TrySetResult(reply);
    }
}
