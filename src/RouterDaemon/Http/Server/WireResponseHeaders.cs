using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace RouterDaemon.Http.Server;

/// <summary>A response's headers: a short list, searched from the front, kept by its connection.</summary>
internal sealed class WireResponseHeaders : IHeaderDictionary
{
    private const string ContentLengthName = "Content-Length";

    private (string Name, StringValues Value)[] _lines = new (string, StringValues)[16];
    private int _count;
    private long? _contentLength;

    /// <summary>The lines but for <see cref="ContentLength"/>.</summary>
    public ReadOnlySpan<(string Name, StringValues Value)> Lines => _lines.AsSpan(0, _count);

    /// <inheritdoc/>
    public int Count => _count + (ContentLength is null ? 0 : 1);

    /// <summary>True once they are sent: nothing can be changed then.</summary>
    public bool IsReadOnly { get; set; }

    /// <inheritdoc/>
    public long? ContentLength
    {
        get => _contentLength;
        set
        {
            CheckWritable();
            ArgumentOutOfRangeException.ThrowIfNegative(value ?? 0);
            _contentLength = value;
        }
    }

    /// <inheritdoc/>
    public ICollection<string> Keys => [.. this.Select(p => p.Key)];

    /// <inheritdoc/>
    public ICollection<StringValues> Values => [.. this.Select(p => p.Value)];

    /// <inheritdoc/>
    public StringValues this[string key]
    {
        get => TryGetValue(key, out var value) ? value : StringValues.Empty;
        set => Set(key, value);
    }

    /// <summary>Forgets the last response.</summary>
    public void Reset()
    {
        _lines.AsSpan(0, _count).Clear();
        _count = 0;
        _contentLength = null;
        IsReadOnly = false;
    }

    /// <inheritdoc/>
    public bool TryGetValue(string key, out StringValues value)
    {
        if (IsContentLength(key))
        {
            value = ContentLength?.ToString(CultureInfo.InvariantCulture);
            return ContentLength is not null;
        }

        var at = Find(key);
        value = at >= 0 ? _lines[at].Value : StringValues.Empty;
        return at >= 0;
    }

    /// <inheritdoc/>
    public bool ContainsKey(string key) => TryGetValue(key, out _);

    /// <inheritdoc/>
    public bool Remove(string key)
    {
        CheckWritable();
        if (IsContentLength(key))
        {
            var had = ContentLength is not null;
            ContentLength = null;
            return had;
        }

        var at = Find(key);
        if (at < 0)
        {
            return false;
        }

        _lines.AsSpan(at + 1, _count - at - 1).CopyTo(_lines.AsSpan(at));
        _lines[--_count] = default;
        return true;
    }

    /// <inheritdoc/>
    public void Add(string key, StringValues value)
    {
        if (ContainsKey(key))
        {
            throw new ArgumentException($"There is a header {key} already.", nameof(key));
        }

        Set(key, value);
    }

    /// <inheritdoc/>
    public void Add(KeyValuePair<string, StringValues> item) => Add(item.Key, item.Value);

    /// <inheritdoc/>
    public void Clear()
    {
        CheckWritable();
        Reset();
    }

    /// <inheritdoc/>
    public bool Contains(KeyValuePair<string, StringValues> item) => TryGetValue(item.Key, out var value) && value == item.Value;

    /// <inheritdoc/>
    public bool Remove(KeyValuePair<string, StringValues> item) => Contains(item) && Remove(item.Key);

    /// <inheritdoc/>
    public void CopyTo(KeyValuePair<string, StringValues>[] array, int arrayIndex)
    {
        foreach (var pair in this)
        {
            array[arrayIndex++] = pair;
        }
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, StringValues>> GetEnumerator()
    {
        for (var i = 0; i < _count; i++)
        {
            yield return new(_lines[i].Name, _lines[i].Value);
        }

        if (ContentLength is { } length)
        {
            yield return new(ContentLengthName, length.ToString(CultureInfo.InvariantCulture));
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static bool IsContentLength(string key) => key.Length == ContentLengthName.Length && key.Equals(ContentLengthName, StringComparison.OrdinalIgnoreCase);

    private void Set(string key, StringValues value)
    {
        CheckWritable();
        if (value.Count == 0)
        {
            Remove(key);
            return;
        }

        if (IsContentLength(key))
        {
            ContentLength = long.Parse(value.ToString(), NumberStyles.None, CultureInfo.InvariantCulture);
            return;
        }

        var at = Find(key);
        if (at < 0)
        {
            if (_count == _lines.Length)
            {
                Array.Resize(ref _lines, _count * 2);
            }

            at = _count++;
        }

        _lines[at] = (key, value);
    }

    private int Find(string key)
    {
        var lines = Lines;
        for (var i = 0; i < lines.Length; i++)
        {
            if (ReferenceEquals(lines[i].Name, key) || (lines[i].Name.Length == key.Length && lines[i].Name.Equals(key, StringComparison.OrdinalIgnoreCase)))
            {
                return i;
            }
        }

        return -1;
    }

    private void CheckWritable()
    {
        if (IsReadOnly)
        {
            Refuse();
        }

        [DoesNotReturn]
        static void Refuse() => throw new InvalidOperationException("The response has begun: its headers cannot be changed.");
    }
}
