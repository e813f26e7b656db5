using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace RouterDaemon.Http.Server;

/// <summary>
/// A request's headers, read from its bytes when they are asked for. While a connection repeats a header's bytes, it hands out the same
/// string again: what is derived from one can be kept and compared by reference.
/// </summary>
internal sealed class WireRequestHeaders : IHeaderDictionary
{
    private readonly RequestHead _head;
    private byte[] _bytes = [];
    private int _start;
    private string?[] _texts = new string?[16];
    private int[] _textOf = new int[16];
    private int _request;

    public WireRequestHeaders(RequestHead head) => _head = head;

    /// <inheritdoc/>
    public int Count => Keys.Count;

    /// <inheritdoc/>
    public bool IsReadOnly => true;

    /// <inheritdoc/>
    public long? ContentLength
    {
        get => _head.ContentLength >= 0 ? _head.ContentLength : null;
        set => throw ReadOnly();
    }

    /// <inheritdoc/>
    public ICollection<string> Keys
    {
        get
        {
            var names = new List<string>(_head.Count);
            foreach (ref readonly var line in _head.Lines)
            {
                var name = Encoding.ASCII.GetString(line.Name.Of(Bytes));
                if (!names.Contains(name, StringComparer.OrdinalIgnoreCase))
                {
                    names.Add(name);
                }
            }

            return names;
        }
    }

    /// <inheritdoc/>
    public ICollection<StringValues> Values => Keys.Select(k => this[k]).ToList();

    private ReadOnlySpan<byte> Bytes => _bytes.AsSpan(_start);

    /// <inheritdoc/>
    public StringValues this[string key]
    {
        get => TryGetValue(key, out var value) ? value : StringValues.Empty;
        set => throw ReadOnly();
    }

    /// <summary>Turns to the next request, whose head was parsed from these bytes.</summary>
    public void Begin(byte[] bytes, int start)
    {
        _bytes = bytes;
        _start = start;
        _request++;
        if (_texts.Length < _head.Count)
        {
            Array.Resize(ref _texts, ServerLimits.MaxHeaders);
            Array.Resize(ref _textOf, ServerLimits.MaxHeaders);
        }
    }

    /// <inheritdoc/>
    public bool TryGetValue(string key, out StringValues value)
    {
        value = StringValues.Empty;
        if ((_head.NameLengths & RequestHead.LengthBit(key.Length)) == 0)
        {
            return false;
        }

        var bytes = Bytes;
        var lines = _head.Lines;
        var found = false;
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Name.Length == key.Length && Ascii.EqualsIgnoreCase(lines[i].Name.Of(bytes), key))
            {
                value = found ? StringValues.Concat(value, TextOf(i)) : TextOf(i);
                found = true;
            }
        }

        return found;
    }

    /// <inheritdoc/>
    public bool ContainsKey(string key) => TryGetValue(key, out _);

    /// <inheritdoc/>
    public bool Contains(KeyValuePair<string, StringValues> item) => TryGetValue(item.Key, out var value) && value == item.Value;

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
        foreach (var key in Keys)
        {
            yield return new(key, this[key]);
        }
    }

    /// <inheritdoc/>
    public void Add(string key, StringValues value) => throw ReadOnly();

    /// <inheritdoc/>
    public void Add(KeyValuePair<string, StringValues> item) => throw ReadOnly();

    /// <inheritdoc/>
    public void Clear() => throw ReadOnly();

    /// <inheritdoc/>
    public bool Remove(string key) => throw ReadOnly();

    /// <inheritdoc/>
    public bool Remove(KeyValuePair<string, StringValues> item) => throw ReadOnly();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    [DoesNotReturn]
    private static InvalidOperationException ReadOnly() => throw new InvalidOperationException("A request's headers are its client's.");

    private string TextOf(int line)
    {
        var text = _texts[line];
        if (_textOf[line] == _request && text is not null)
        {
            return text;
        }

        text = HttpText.Same(_head.Lines[line].Value.Of(Bytes), text);
        _texts[line] = text;
        _textOf[line] = _request;
        return text;
    }
}
