using System.Runtime.InteropServices;
using RouterDaemon.Native.Linux;

namespace RouterDaemon.Transport;

/// <summary>
/// One thread that waits for its sockets and runs what waited for them. A token is the socket's slot with the slot's generation, so
/// that an event of a closed socket, still in the batch at hand, cannot reach the next one in the slot.
/// </summary>
#pragma warning disable CA1001 // A loop lives as long as the process.
internal sealed class EpollLoop
#pragma warning restore CA1001
{
    [ThreadStatic]
    private static EpollLoop? _current;

    private readonly EpollSet _set = new();
    private readonly Lock _lock = new();
    private readonly Stack<int> _free = new();
    private Entry[] _entries = new Entry[256];
    // Held for a copy or for the sends of a batch, and never while anybody else's code runs.
    private readonly Lock _sendLock = new();
    private readonly EpollChannel?[] _senders = new EpollChannel?[SocketBatch.Slots];
    private readonly int[] _sendLengths = new int[SocketBatch.Slots];
    private readonly EpollChannel[] _receivers = new EpollChannel[SocketBatch.Slots];
    private readonly bool _mayUseRing;
    private SocketBatch _sends = null!;
    private SocketBatch _receives = null!;
    private int _senderCount;
    private int _used;
    private bool _isInBatch;

    /// <param name="number">For the thread's name.</param>
    /// <param name="mayUseRing">Use io_uring for batches where the kernel permits it.</param>
    public EpollLoop(int number, bool mayUseRing)
    {
        _mayUseRing = mayUseRing;
        new Thread(Run) { IsBackground = true, Name = $"sockets-{number}" }.Start();
    }

    /// <summary>The loop whose thread this is, or null.</summary>
    public static EpollLoop? Current => _current;

    /// <summary>This is the loop's thread, at work on more than one event: sends may wait for the end of that.</summary>
    public bool IsInBatch => _current == this && _isInBatch;

    /// <summary>Keeps a copy of bytes to send at the end of the batch; only while <see cref="IsInBatch"/>. False = there is no room.</summary>
    public bool TryDefer(EpollChannel channel, ReadOnlySpan<byte> bytes)
    {
        lock (_sendLock)
        {
            var slot = channel.SendSlot;
            var length = slot < 0 ? 0 : _sendLengths[slot];
            if (length + bytes.Length > SocketBatch.SlotBytes)
            {
                return false;
            }

            if (slot < 0)
            {
                if (_senderCount == SocketBatch.Slots)
                {
                    FlushAll();
                }

                slot = _senderCount++;
                _senders[slot] = channel;
                channel.SendSlot = slot;
            }

            bytes.CopyTo(_sends.Slot(slot)[length..]);
            _sendLengths[slot] = length + bytes.Length;
            return true;
        }
    }

    /// <summary>Sends what waits for one channel. Any thread: nobody waits for the end of a batch.</summary>
    public void Flush(EpollChannel channel)
    {
        lock (_sendLock)
        {
            var slot = channel.SendSlot;
            if (slot < 0)
            {
                return;
            }

            var bytes = _sends.Slot(slot)[.._sendLengths[slot]];
            var sent = bytes.Length;
            try
            {
                sent = Math.Max(0, channel.Socket.Send(bytes));
            }
            catch (Exception e) when (e is System.Net.Sockets.SocketException or ObjectDisposedException)
            {
                // Seen by whoever receives.
            }

            _senders[slot] = null;
            channel.OnFlushed(bytes[sent..]);
        }
    }

    /// <summary>Watches a socket. Events may come before this returns.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The kernel refused.</exception>
    public void Add(IEpollSource source, SafeHandle socket)
    {
        ulong token;
        lock (_lock)
        {
            if (!_free.TryPop(out var slot))
            {
                slot = _used++;
                if (slot == _entries.Length)
                {
                    var larger = new Entry[slot * 2];
                    _entries.CopyTo(larger, 0);
                    Volatile.Write(ref _entries, larger);
                }
            }

            source.Slot = slot;
            ref var entry = ref _entries[slot];
            entry.Source = source;
            token = ((ulong)entry.Generation << 32) | (uint)slot;
        }

        try
        {
            _set.Add(socket, token);
        }
        catch
        {
            Remove(source);
            throw;
        }
    }

    /// <summary>Forgets a socket that is about to be closed.</summary>
    public void Remove(IEpollSource source)
    {
        lock (_lock)
        {
            ref var entry = ref _entries[source.Slot];
            if (ReferenceEquals(entry.Source, source))
            {
                entry.Source = null;
                entry.Generation++;
                _free.Push(source.Slot);
            }
        }
    }

    private void Run()
    {
        _current = this;
        (_sends, _receives) = (new SocketBatch(_mayUseRing), new SocketBatch(_mayUseRing));
        while (true)
        {
            var count = _set.Wait();
            if (count == 1)
            {
                var ready = _set.Event(0);
                Find(ready)?.OnReady(ready);
                continue;
            }

            _isInBatch = true;
            for (var from = 0; from < count; from += SocketBatch.Slots)
            {
                RunBatch(from, Math.Min(count, from + SocketBatch.Slots));
            }

            _isInBatch = false;
        }
    }

    /// <summary>Receives for all that wait, lets each go on with what it got, and sends what they wrote: each kind of work while its code is warm.</summary>
    private void RunBatch(int from, int to)
    {
        var receivers = 0;
        for (var i = from; i < to; i++)
        {
            var ready = _set.Event(i);
            switch (Find(ready))
            {
                case EpollChannel channel when _receives.HasRing:
                    if (channel.TryBeginReceive(ready))
                    {
                        channel.ExpectReceive();
                        _receives.AddReceive(channel.Socket, receivers, Math.Min(channel.ReceiveLimitBytes, SocketBatch.SlotBytes));
                        _receivers[receivers++] = channel;
                    }

                    break;
                case { } source:
                    source.OnReady(ready);
                    break;
            }
        }

        if (receivers > 0)
        {
            _receives.Run();
            for (var i = 0; i < receivers; i++)
            {
                _receivers[i].EndReceive(_receives, i);
            }
        }

        lock (_sendLock)
        {
            FlushAll();
        }
    }

    /// <summary>Who an event is for; null = it was closed meanwhile.</summary>
    private IEpollSource? Find(in ReadyEvent ready)
    {
        var slot = (uint)ready.Token;
        var entries = Volatile.Read(ref _entries);
        return slot < (uint)entries.Length && entries[slot].Generation == (uint)(ready.Token >> 32) ? entries[slot].Source : null;
    }

    /// <summary>Under the lock of the sends.</summary>
    private void FlushAll()
    {
        for (var i = 0; i < _senderCount; i++)
        {
            if (_senders[i] is { } channel)
            {
                _sends.AddSend(channel.Socket, i, 0, _sendLengths[i]);
            }
        }

        _sends.Run();
        for (var i = 0; i < _senderCount; i++)
        {
            if (_senders[i] is { } channel)
            {
                _senders[i] = null;
                channel.OnFlushed(_sends.Slot(i)[SentOf(i).._sendLengths[i]]);
            }
        }

        _senderCount = 0;
    }

    private int SentOf(int slot)
    {
        try
        {
            return Math.Max(0, _sends.Result(slot));
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // Seen by whoever receives.
            return _sendLengths[slot];
        }
    }

    private struct Entry
    {
        public IEpollSource? Source;
        public uint Generation;
    }
}
