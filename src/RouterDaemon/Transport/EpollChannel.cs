using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using RouterDaemon.Native.Linux;

namespace RouterDaemon.Transport;

/// <summary>
/// A connection that epoll watches. What is known to be ready is tried at once; a receive that filled only part of its buffer has emptied
/// the socket, so the next one waits for the next event without a call that would find nothing. Flags are cleared before the call that
/// tests them and set again by whoever learns more, so that no event is lost between threads.
/// </summary>
internal sealed class EpollChannel : Channel, IEpollSource, IValueTaskSource<int>
{
    private const int Idle = 0, Waiting = 1;

    private readonly LinuxSocket _socket;
    private readonly EpollLoop _loop;
    private readonly SendWait _sending;
    private ManualResetValueTaskSourceCore<int> _received;
    private Memory<byte> _receiveBuffer;
    private int _receiveState;
    private int _canReceive;
    private int _isEnding;
    private int _isClosed;
    private int _sendSlot = -1;
    private bool _isSendOver;
    private Task? _behind;

    /// <summary>A connected socket, or one that is connecting. <see cref="Watch"/> comes next.</summary>
    public EpollChannel(LinuxSocket socket, EpollLoop loop, IPAddress? remoteAddress)
    {
        _socket = socket;
        _loop = loop;
        _sending = new SendWait(this);
        RemoteAddress = remoteAddress;
    }

    /// <inheritdoc/>
    public int Slot { get; set; }

    /// <summary>The socket.</summary>
    public LinuxSocket Socket => _socket;

    /// <summary>The loop's slot that holds bytes of this channel until the end of the batch; -1 = none. Set by the loop.</summary>
    public int SendSlot
    {
        get => Volatile.Read(ref _sendSlot);
        set => Volatile.Write(ref _sendSlot, value);
    }

    /// <summary>Bytes that the receive which <see cref="TryBeginReceive"/> began may bring.</summary>
    public int ReceiveLimitBytes => _receiveBuffer.Length;

    private bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    /// <summary>Begins to watch.</summary>
    /// <exception cref="SocketException">The kernel refused.</exception>
    public void Watch() => _loop.Add(this, _socket);

    /// <summary>Complete when the socket takes bytes, or has broken: after a connect that was begun.</summary>
    public ValueTask ConnectedAsync() => _sending.NextAsync();

    /// <inheritdoc/>
    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        try
        {
            if (Volatile.Read(ref _canReceive) != 0 && TryReceive(buffer.Span, out var bytes))
            {
                return new ValueTask<int>(bytes);
            }

            _receiveBuffer = buffer;
            _received.Reset();
            while (WaitAgain())
            {
                if (TryReceive(buffer.Span, out bytes))
                {
                    return new ValueTask<int>(bytes);
                }
            }

            return new ValueTask<int>(this, _received.Version);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return ValueTask.FromException<int>(e);
        }
    }

    /// <inheritdoc/>
    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_loop.IsInBatch && !IsClosed && !_isSendOver && _behind is null && _loop.TryDefer(this, bytes.Span))
        {
            return ValueTask.CompletedTask;
        }

        FlushDeferred();
        if (_behind is { } behind)
        {
            return SendBehindAsync(behind, bytes);
        }

        try
        {
            var sent = _socket.Send(bytes.Span);
            return sent == bytes.Length ? ValueTask.CompletedTask : SendRestAsync(bytes[Math.Max(0, sent)..]);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return ValueTask.FromException(e);
        }
    }

    /// <summary>
    /// Called by the loop when deferred bytes were sent, but for <paramref name="rest"/>. Who wrote them was told that the kernel has
    /// them: a connection that is broken shows itself at the next receive.
    /// </summary>
    public void OnFlushed(ReadOnlySpan<byte> rest)
    {
        if (rest.Length > 0)
        {
            _behind = SendRestAsync(rest.ToArray()).AsTask();
        }

        SendSlot = -1;
    }

    /// <summary>Takes note of an event, and begins the receive that waits for it. False = there is none.</summary>
    public bool TryBeginReceive(in ReadyEvent ready)
    {
        if (ready.IsEnding)
        {
            Volatile.Write(ref _isEnding, 1);
        }

        if (ready.CanSend)
        {
            _sending.OnReady();
        }

        if (!ready.CanReceive)
        {
            return false;
        }

        Interlocked.Exchange(ref _canReceive, 1);
        return Interlocked.CompareExchange(ref _receiveState, Idle, Waiting) == Waiting;
    }

    /// <summary>Before the batch's call is made for a receive that was begun: what comes from here on is news.</summary>
    public void ExpectReceive() => Interlocked.Exchange(ref _canReceive, 0);

    /// <summary>Ends a receive that was begun, with what the batch's call brought.</summary>
    public void EndReceive(SocketBatch batch, int slot)
    {
        int bytes;
        try
        {
            bytes = batch.Result(slot);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Nothing will be announced any more.
            Volatile.Write(ref _canReceive, 1);
            _received.SetException(e);
            return;
        }

        if (IsClosed)
        {
            // By a receiver before it in the batch.
            _received.SetException(Closed());
            return;
        }

        if (bytes == LinuxSocket.WouldBlock)
        {
            if (WaitAgain())
            {
                CompleteReceive();
            }

            return;
        }

        batch.Slot(slot)[..bytes].CopyTo(_receiveBuffer.Span);
        NoteReceived(bytes, Math.Min(_receiveBuffer.Length, SocketBatch.SlotBytes));
        _received.SetResult(bytes);
    }

    /// <inheritdoc/>
    public override void ShutdownSend()
    {
        try
        {
            FlushDeferred();
            _isSendOver = true;
            _socket.ShutdownSend();
        }
        catch (ObjectDisposedException)
        {
            // Closed before.
        }
    }

    /// <inheritdoc/>
    public void OnReady(in ReadyEvent ready)
    {
        if (TryBeginReceive(in ready))
        {
            CompleteReceive();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
        {
            return;
        }

        FlushDeferred();
        _loop.Remove(this);
        _socket.Dispose();
        if (Interlocked.CompareExchange(ref _receiveState, Idle, Waiting) == Waiting)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static c => c._received.SetException(Closed()), this, preferLocal: false);
        }

        _sending.OnClosed();
    }

    int IValueTaskSource<int>.GetResult(short token) => _received.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _received.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _received.OnCompleted(continuation, state, token, flags);

    private static ObjectDisposedException Closed() => new(nameof(Channel));

    /// <summary>Sends what waits in the loop's slot.</summary>
    private void FlushDeferred()
    {
        if (SendSlot >= 0)
        {
            _loop.Flush(this);
        }
    }

    private async ValueTask SendBehindAsync(Task behind, ReadOnlyMemory<byte> bytes)
    {
        await behind.ConfigureAwait(false);
        _behind = null;
        await SendRestAsync(bytes).ConfigureAwait(false);
    }

    private async ValueTask SendRestAsync(ReadOnlyMemory<byte> rest)
    {
        while (true)
        {
            var sent = _socket.Send(rest.Span);
            rest = rest[Math.Max(0, sent)..];
            if (rest.Length == 0)
            {
                return;
            }

            await _sending.NextAsync().ConfigureAwait(false);
        }
    }

    private bool TryReceive(Span<byte> buffer, out int bytes)
    {
        Interlocked.Exchange(ref _canReceive, 0);
        try
        {
            bytes = _socket.Receive(buffer);
        }
        catch (SocketException)
        {
            // Nothing will be announced any more.
            Volatile.Write(ref _canReceive, 1);
            throw;
        }

        if (bytes == LinuxSocket.WouldBlock)
        {
            return false;
        }

        NoteReceived(bytes, buffer.Length);
        return true;
    }

    private void NoteReceived(int bytes, int wanted)
    {
        if (bytes == wanted || Volatile.Read(ref _isEnding) != 0)
        {
            // There may be more, or an end that is announced only once.
            Volatile.Write(ref _canReceive, 1);
        }
    }

    /// <summary>Nothing came: waits on. True = something did meanwhile, and this thread takes it.</summary>
    private bool WaitAgain()
    {
        Interlocked.Exchange(ref _receiveState, Waiting);
        return (Volatile.Read(ref _canReceive) != 0 || IsClosed) && Interlocked.CompareExchange(ref _receiveState, Idle, Waiting) == Waiting;
    }

    private void CompleteReceive()
    {
        int bytes;
        try
        {
            while (!TryReceive(_receiveBuffer.Span, out bytes))
            {
                if (!WaitAgain())
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _received.SetException(e);
            return;
        }

        _received.SetResult(bytes);
    }

    /// <summary>Waits for room to send; apart from the channel, which is the source of its receives.</summary>
    private sealed class SendWait(EpollChannel channel) : IValueTaskSource
    {
        private ManualResetValueTaskSourceCore<bool> _ready;
        private int _state;
        private int _canSend;

        /// <summary>Complete once the kernel has announced room since the last call.</summary>
        public ValueTask NextAsync()
        {
            _ready.Reset();
            Interlocked.Exchange(ref _state, Waiting);
            if ((Interlocked.Exchange(ref _canSend, 0) != 0 || channel.IsClosed) && Interlocked.CompareExchange(ref _state, Idle, Waiting) == Waiting)
            {
                // Announced already, or closed, which the next call on the socket says.
                return ValueTask.CompletedTask;
            }

            return new ValueTask(this, _ready.Version);
        }

        public void OnReady()
        {
            // Nearly every event says so, and the flag stays up until somebody waits.
            if (Volatile.Read(ref _canSend) == 0)
            {
                Interlocked.Exchange(ref _canSend, 1);
            }

            if (Volatile.Read(ref _state) == Waiting && Interlocked.CompareExchange(ref _state, Idle, Waiting) == Waiting)
            {
                _ready.SetResult(true);
            }
        }

        public void OnClosed()
        {
            if (Interlocked.CompareExchange(ref _state, Idle, Waiting) == Waiting)
            {
                ThreadPool.UnsafeQueueUserWorkItem(static wait => wait._ready.SetException(Closed()), this, preferLocal: false);
            }
        }

        void IValueTaskSource.GetResult(short token) => _ready.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _ready.GetStatus(token);

        void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _ready.OnCompleted(continuation, state, token, flags);
    }
}
