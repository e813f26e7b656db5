namespace RouterDaemon.Cache;

/// <summary>Answers in memory: bounded by bytes, the least recently used goes first; one that is older than the time to live is not found.</summary>
internal sealed class AnswerStore(TimeProvider time)
{
    /// <summary>What an entry costs beside its body: key, node, place in the table.</summary>
    public const int OverheadBytes = 512;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private Node? _newest;
    private Node? _oldest;
    private long _bytes;
    private long _maxBytes;
    private TimeSpan _timeToLive;

    /// <summary>Bytes in use, overhead included.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Entries.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _nodes.Count;
            }
        }
    }

    /// <summary>Bytes that an answer takes.</summary>
    public static long SizeOf(CachedAnswer answer) => answer.Body.Length + (2L * answer.DeploymentId.Length) + OverheadBytes;

    /// <summary>Takes over the bounds; what no longer fits goes at once.</summary>
    public void Configure(long maxBytes, TimeSpan timeToLive)
    {
        lock (_lock)
        {
            (_maxBytes, _timeToLive) = (maxBytes, timeToLive);
            Shrink();
        }
    }

    /// <summary>The answer under a key; null = none, or too old.</summary>
    public CachedAnswer? Find(string key)
    {
        lock (_lock)
        {
            if (!_nodes.TryGetValue(key, out var node))
            {
                return null;
            }

            if (IsExpired(node))
            {
                Remove(node);
                return null;
            }

            if (node != _newest)
            {
                Unlink(node);
                Link(node);
            }

            return node.Answer;
        }
    }

    /// <summary>Keeps an answer in place of an older one. It counts from when it was stored, here or by another daemon.</summary>
    public void Add(string key, CachedAnswer answer)
    {
        var size = SizeOf(answer);
        // Another machine's clock may be ahead: an answer is never younger than now.
        var ageMs = Math.Max(0, time.GetUtcNow().ToUnixTimeMilliseconds() - answer.StoredUnixMs);
        lock (_lock)
        {
            if (_nodes.TryGetValue(key, out var old))
            {
                Remove(old);
            }

            if (size > _maxBytes || ageMs >= _timeToLive.TotalMilliseconds)
            {
                return;
            }

            var node = new Node(key, answer, size, time.GetTimestamp() - (long)(ageMs * (time.TimestampFrequency / 1000.0)));
            _nodes.Add(key, node);
            _bytes += size;
            Link(node);
            Shrink();
        }
    }

    private bool IsExpired(Node node) => time.GetElapsedTime(node.StoredTimestamp) >= _timeToLive;

    private void Shrink()
    {
        while (_oldest is { } node && (_bytes > _maxBytes || IsExpired(node)))
        {
            Remove(node);
        }
    }

    private void Remove(Node node)
    {
        _nodes.Remove(node.Key);
        _bytes -= node.SizeBytes;
        Unlink(node);
    }

    private void Link(Node node)
    {
        node.Older = _newest;
        node.Newer = null;
        if (_newest is not null)
        {
            _newest.Newer = node;
        }

        _newest = node;
        _oldest ??= node;
    }

    private void Unlink(Node node)
    {
        if (node.Newer is { } newer)
        {
            newer.Older = node.Older;
        }
        else
        {
            _newest = node.Older;
        }

        if (node.Older is { } older)
        {
            older.Newer = node.Newer;
        }
        else
        {
            _oldest = node.Newer;
        }
    }

    private sealed class Node(string key, CachedAnswer answer, long sizeBytes, long storedTimestamp)
    {
        public readonly string Key = key;
        public readonly CachedAnswer Answer = answer;
        public readonly long SizeBytes = sizeBytes;
        public readonly long StoredTimestamp = storedTimestamp;
        public Node? Newer;
        public Node? Older;
    }
}
