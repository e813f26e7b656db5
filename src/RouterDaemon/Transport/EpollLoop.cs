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
    private int _used;

    public EpollLoop(int number) =>
        new Thread(Run) { IsBackground = true, Name = $"sockets-{number}" }.Start();

    /// <summary>The loop whose thread this is, or null.</summary>
    public static EpollLoop? Current => _current;

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
                // The all-ones token is the wake-up's: a slot number never has all bits set.
                entry.Generation++;
                _free.Push(source.Slot);
            }
        }
    }

    private void Run()
    {
        _current = this;
        while (true)
        {
            var count = _set.Wait();
            for (var i = 0; i < count; i++)
            {
                var ready = _set.Event(i);
                var slot = (uint)ready.Token;
                var entries = Volatile.Read(ref _entries);
                if (slot < (uint)entries.Length && entries[slot] is { Source: { } source, Generation: var generation } && generation == (uint)(ready.Token >> 32))
                {
                    source.OnReady(ready);
                }
            }
        }
    }

    private struct Entry
    {
        public IEpollSource? Source;
        public uint Generation;
    }
}
