using System.Collections.Concurrent;
using System.IO.MemoryMappedFiles;
using System.Text;

namespace RouterDaemon.Store.Journal;

/// <summary>
/// Strings of the records, appended to a mapped file beside the ring: number N is the N-th entry. An entry is
/// <c>u32 checksum, u16 bytes, UTF-8</c>; the checksum is written last, so a torn entry ends the list and its number was never handed out.
/// </summary>
internal sealed class NameFile : IDisposable
{
    /// <summary>UTF-8 bytes of one name; longer ones are cut.</summary>
    public const int MaxNameBytes = 512;

    private const int EntryHeader = 6;

    private readonly FileStream _file;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly ConcurrentDictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _names = [""];
    private readonly Lock _append = new();
    private readonly long _bytes;
    private readonly byte[] _entry = new byte[MaxNameBytes];
    private long _end;
    private long _refused;

    private NameFile(FileStream file, MemoryMappedFile map, MemoryMappedViewAccessor view, long bytes)
    {
        (_file, _map, _view, _bytes) = (file, map, view, bytes);
        Load();
    }

    /// <summary>Names that did not fit.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    public static NameFile Open(string path, int bytes)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        var length = Math.Max(bytes, file.Length);
        file.SetLength(length);
        var map = MemoryMappedFile.CreateFromFile(file, null, length, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
        return new NameFile(file, map, map.CreateViewAccessor(0, length), length);
    }

    /// <summary>The number of a name, 0 for the empty one and when the file is full. Does not allocate for a known name.</summary>
    public int Intern(string name)
    {
        if (name.Length == 0)
        {
            return 0;
        }

        return _numbers.TryGetValue(name, out var number) ? number : Append(name);
    }

    /// <summary>The name of a number; empty for 0 and for numbers never handed out.</summary>
    public string Get(int number)
    {
        lock (_append)
        {
            return (uint)number < (uint)_names.Count ? _names[number] : "";
        }
    }

    /// <summary>Forgets all names: only when no record refers to them any more.</summary>
    public void Reset()
    {
        lock (_append)
        {
            // The first entry's checksum ends the list; the rest of the file must not look like entries later.
            var zeros = new byte[64 * 1024];
            for (long at = 0; at < _end + EntryHeader && at < _bytes; at += zeros.Length)
            {
                _view.WriteArray(at, zeros, 0, (int)Math.Min(zeros.Length, _bytes - at));
            }

            _end = 0;
            _names.Clear();
            _names.Add("");
            _numbers.Clear();
        }
    }

    public void Dispose()
    {
        _view.Dispose();
        _map.Dispose();
        _file.Dispose();
    }

    private int Append(string name)
    {
        lock (_append)
        {
            if (_numbers.TryGetValue(name, out var known))
            {
                return known;
            }

            Encoding.UTF8.GetEncoder().Convert(name, _entry, flush: true, out _, out var length, out _);
            if (_end + EntryHeader + length > _bytes)
            {
                Interlocked.Increment(ref _refused);
                return 0;
            }

            _view.WriteArray(_end + EntryHeader, _entry, 0, length);
            _view.Write(_end + 4, (ushort)length);
            Thread.MemoryBarrier();
            _view.Write(_end, RecordChecksum.Of(_entry.AsSpan(0, length)));
            _end += EntryHeader + length;
            // As a successor will read it: a long name is cut in this process too.
            _names.Add(Encoding.UTF8.GetString(_entry, 0, length));
            _numbers[name] = _names.Count - 1;
            return _names.Count - 1;
        }
    }

    private void Load()
    {
        while (_end + EntryHeader <= _bytes)
        {
            var checksum = _view.ReadUInt32(_end);
            int length = _view.ReadUInt16(_end + 4);
            if (checksum == 0 || length > MaxNameBytes || _end + EntryHeader + length > _bytes)
            {
                return;
            }

            _view.ReadArray(_end + EntryHeader, _entry, 0, length);
            if (RecordChecksum.Of(_entry.AsSpan(0, length)) != checksum)
            {
                return;
            }

            var name = Encoding.UTF8.GetString(_entry, 0, length);
            _names.Add(name);
            _numbers.TryAdd(name, _names.Count - 1);
            _end += EntryHeader + length;
        }
    }
}
