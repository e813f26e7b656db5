namespace RouterDaemon.Core.Simulation;

/// <summary>An engine's prefix cache: least recently used blocks go first. A linked list in arrays under a hash table.</summary>
internal sealed class SimBlockCache
{
    private readonly Dictionary<ulong, int> _index;
    private readonly ulong[] _hash;
    private readonly int[] _newer;
    private readonly int[] _older;
    private int _newest = -1;
    private int _oldest = -1;
    private int _count;

    public SimBlockCache(int capacity)
    {
        _index = new Dictionary<ulong, int>(capacity);
        _hash = new ulong[capacity];
        _newer = new int[capacity];
        _older = new int[capacity];
    }

    /// <summary>Leading blocks that are cached.</summary>
    public int Match(ReadOnlySpan<ulong> blocks)
    {
        var n = 0;
        while (n < blocks.Length && _index.ContainsKey(blocks[n]))
            n++;
        return n;
    }

    /// <summary>Makes blocks the newest; the deepest first, so that a prefix outlives what hangs on it.</summary>
    public void Touch(ReadOnlySpan<ulong> blocks)
    {
        for (var i = blocks.Length - 1; i >= 0; i--)
            Touch(blocks[i]);
    }

    private void Touch(ulong hash)
    {
        if (_hash.Length == 0)
            return;
        if (_index.TryGetValue(hash, out var at))
        {
            if (at == _newest)
                return;
            Unlink(at);
        }
        else if (_count < _hash.Length)
        {
            at = _count++;
        }
        else
        {
            at = _oldest;
            Unlink(at);
            _index.Remove(_hash[at]);
        }

        _index[hash] = at;
        _hash[at] = hash;
        _older[at] = _newest;
        _newer[at] = -1;
        if (_newest >= 0)
            _newer[_newest] = at;
        _newest = at;
        if (_oldest < 0)
            _oldest = at;
    }

    private void Unlink(int at)
    {
        var (older, newer) = (_older[at], _newer[at]);
        if (newer >= 0)
            _older[newer] = older;
        else
            _newest = older;
        if (older >= 0)
            _newer[older] = newer;
        else
            _oldest = newer;
    }
}
