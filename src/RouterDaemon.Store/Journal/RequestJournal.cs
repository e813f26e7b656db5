using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;

namespace RouterDaemon.Store.Journal;

/// <summary>
/// A memory-mapped ring of fixed-size records between the hot path and SQLite. Pages belong to the kernel, so what was appended
/// outlives the process (<c>kill -9</c>); it does not outlive a power cut. An append reserves a number, copies the record, and
/// writes the number into the slot last: a slot whose number or checksum is wrong was never finished.
/// When the ring is full the appender looks again a bounded number of times (<see cref="JournalOptions.FullSpins"/>), then the
/// record is dropped and counted in <see cref="Dropped"/>: the hot path is never blocked by the disk.
/// </summary>
public sealed class RequestJournal : IDisposable
{
    private const ulong Magic = 0x314C4E4A52_544452; // "RDTRJNL1"
    private const int HeaderBytes = 4096;
    private const int JournalIdOffset = 24;
    /// <summary>More appends than can be under way at once, threads being what they are.</summary>
    private const int MaxUnfinished = 4096;

    private const string RingName = "requests.ring";
    private const string NamesName = "requests.names";

    private readonly FileStream _file;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly System.Runtime.InteropServices.SafeBuffer _buffer;
    private readonly NameFile _names;
    private readonly ulong _capacity;
    private readonly int _fullSpins;
    private PaddedLong _reserved;
    private PaddedLong _drained;
    private long _dropped;
    private volatile bool _recovered;

    private RequestJournal(FileStream file, MemoryMappedFile map, NameFile names, ulong capacity, int fullSpins)
    {
        _file = file;
        _map = map;
        _names = names;
        _capacity = capacity;
        _fullSpins = fullSpins;
        _view = map.CreateViewAccessor(0, HeaderBytes + ((long)capacity * RequestRecord.SizeBytes));
        _buffer = _view.SafeMemoryMappedViewHandle;
        Id = $"{_view.ReadUInt64(JournalIdOffset):x16}{_view.ReadUInt64(JournalIdOffset + 8):x16}";
    }

    /// <summary>Told apart from other journals by this, so that a cursor is never applied to the wrong one.</summary>
    public string Id { get; }

    /// <summary>Records the ring holds.</summary>
    public int CapacityRecords => (int)_capacity;

    /// <summary>Records that found the ring full. 0 in practice.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Names that found their file full.</summary>
    public long RefusedNames => _names.Refused;

    /// <summary>Records reserved and not yet committed to SQLite.</summary>
    public long Backlog => Volatile.Read(ref _reserved.Value) - Volatile.Read(ref _drained.Value);

    /// <summary>
    /// Opens or creates the journal in <paramref name="directory"/>. Throws <see cref="StoreException"/> when the folder is not
    /// writable, another process holds the journal, or it was written by another version.
    /// </summary>
    public static RequestJournal Open(string directory, JournalOptions? options = null)
    {
        options ??= new JournalOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.CapacityRecords, 64);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.CapacityRecords, 1 << 20);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.NamesBytes, 4096);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.NamesBytes, 1 << 24);
        ArgumentOutOfRangeException.ThrowIfNegative(options.FullSpins);
        var path = Path.Combine(directory, RingName);
        FileStream? file = null;
        try
        {
            Directory.CreateDirectory(directory);
            // FileShare.None is an advisory lock on Unix: a second daemon on the same home stops here.
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            var capacity = ReadOrCreateHeader(file, path, options.CapacityRecords);
            var map = MemoryMappedFile.CreateFromFile(
                file, null, file.Length, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: true);
            var names = NameFile.Open(Path.Combine(directory, NamesName), options.NamesBytes);
            return new RequestJournal(file, map, names, (ulong)capacity, options.FullSpins);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw new StoreException(path, $"the journal cannot be opened; is another routerd using this home? ({e.Message})", e);
        }
        catch
        {
            file?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The number of a name for records of this process; only after <see cref="JournalDrain.StartAsync"/>. Known names cost a lookup and no allocation; a new one is appended to
    /// the names file. 0 for the empty name and when the file is full.
    /// </summary>
    public int Intern(string name)
    {
        ThrowUnlessRecovered();
        return _names.Intern(name);
    }

    /// <summary>The name behind a number; empty for 0.</summary>
    public string Name(int number) => _names.Get(number);

    /// <summary>
    /// Appends a copy; only after <see cref="JournalDrain.StartAsync"/>. Any thread, no lock, no allocation, no system call.
    /// False = full, dropped and counted.
    /// </summary>
    public bool TryAppend(in RequestRecord record)
    {
        ThrowUnlessRecovered();
        if (!TryReserve(out var sequence))
        {
            Interlocked.Increment(ref _dropped);
            return false;
        }

        var copy = record;
        copy.Sequence = 0;
        copy.Checksum = RecordChecksum.Of(in record, sequence);
        var offset = OffsetOf(sequence);
        _buffer.Write(offset, copy);
        // The number goes last: other cores and a successor after kill -9 see either nothing or the whole record.
        Thread.MemoryBarrier();
        _buffer.Write(offset, sequence);
        return true;
    }

    /// <summary>
    /// Positions the journal after a start: everything up to <paramref name="committed"/> is in SQLite. Answers the numbers of the
    /// finished records behind it, ascending; unfinished ones in between were never acknowledged.
    /// </summary>
    internal List<ulong> Recover(ulong committed)
    {
        // Read, not mapped: looking at every slot through the map would make the whole ring resident.
        const int SlotsAtOnce = 128;
        var found = new List<ulong>();
        var slots = new byte[SlotsAtOnce * RequestRecord.SizeBytes];
        var unused = 0;
        // From the slot behind the last committed one, once around. Numbers are handed out in order, so a long run of slots without a
        // finished record ends the list; a store that does not know this ring looks at all of it.
        for (ulong at = 0; at < _capacity && (committed == 0 || unused < MaxUnfinished);)
        {
            var first = (committed + at) % _capacity;
            var count = (int)Math.Min(Math.Min(SlotsAtOnce, _capacity - first), _capacity - at);
            var bytes = RandomAccess.Read(_file.SafeFileHandle, slots.AsSpan(0, count * RequestRecord.SizeBytes), HeaderBytes + ((long)first * RequestRecord.SizeBytes));
            for (var i = 0; i < bytes / RequestRecord.SizeBytes; i++)
            {
                var sequence = BitConverter.ToUInt64(slots, i * RequestRecord.SizeBytes);
                if (sequence > committed && (sequence - 1) % _capacity == first + (ulong)i && TryRead(sequence, out _))
                {
                    found.Add(sequence);
                    unused = 0;
                }
                else
                {
                    unused++;
                }
            }

            at += (ulong)count;
        }

        found.Sort();
        var last = found.Count > 0 ? found[^1] : committed;
        _reserved.Value = (long)last;
        _drained.Value = (long)last;
        return found;
    }

    /// <summary>True when the record of this number is finished and whole.</summary>
    internal bool TryRead(ulong sequence, out RequestRecord record)
    {
        var offset = OffsetOf(sequence);
        if (_buffer.Read<ulong>(offset) != sequence)
        {
            record = default;
            return false;
        }

        Thread.MemoryBarrier();
        record = _buffer.Read<RequestRecord>(offset);
        return record.Sequence == sequence && RecordChecksum.Of(in record, sequence) == record.Checksum;
    }

    /// <summary>Number of the last record that was appended, or is being appended.</summary>
    internal ulong Appended => (ulong)Volatile.Read(ref _reserved.Value);

    /// <summary>Number of the last record that is in SQLite.</summary>
    internal ulong Drained => (ulong)Volatile.Read(ref _drained.Value);

    /// <summary>Gives the slots up to this number back, after their commit.</summary>
    internal void Advance(ulong sequence) => Volatile.Write(ref _drained.Value, (long)sequence);

    /// <summary>Forgets the names of an earlier process: after a replay was committed and before the first append.</summary>
    internal void ResetNames()
    {
        _names.Reset();
        _recovered = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.Dispose();
        _map.Dispose();
        _names.Dispose();
        _file.Dispose();
    }

    private void ThrowUnlessRecovered()
    {
        if (!_recovered)
        {
            throw new InvalidOperationException("the journal takes records after JournalDrain.StartAsync");
        }
    }

    private static int ReadOrCreateHeader(FileStream file, string path, int capacity)
    {
        Span<byte> header = stackalloc byte[40];
        if (file.Length == 0 || !IsComplete(file, header))
        {
            file.SetLength(0);
            file.SetLength(HeaderBytes + ((long)capacity * RequestRecord.SizeBytes));
            BitConverter.TryWriteBytes(header[8..], RequestRecord.CurrentVersion);
            BitConverter.TryWriteBytes(header[12..], RequestRecord.SizeBytes);
            BitConverter.TryWriteBytes(header[16..], (long)capacity);
            // From the kernel's generator like any key, but without loading a TLS library for 16 bytes.
            Guid.NewGuid().TryWriteBytes(header[JournalIdOffset..]);
            BitConverter.TryWriteBytes(header, Magic);
            file.Position = 0;
            file.Write(header);
            file.Flush();
            return capacity;
        }

        var version = BitConverter.ToInt32(header[8..]);
        var size = BitConverter.ToInt32(header[12..]);
        var stored = BitConverter.ToInt64(header[16..]);
        if (BitConverter.ToUInt64(header) != Magic)
        {
            throw new StoreException(path, "is not a request journal");
        }

        if (version != RequestRecord.CurrentVersion || size != RequestRecord.SizeBytes)
        {
            throw new StoreException(path, $"has record version {version} ({size} bytes), this routerd writes version {RequestRecord.CurrentVersion}");
        }

        // An existing ring keeps its size until it is deleted: its slots are placed by it.
        return stored is >= 64 and <= 1 << 20 && file.Length == HeaderBytes + (stored * RequestRecord.SizeBytes)
            ? (int)stored
            : throw new StoreException(path, $"is damaged: {file.Length} bytes do not hold {stored} records");
    }

    // A crash between creating the file and writing its header leaves zeros: such a ring holds nothing.
    private static bool IsComplete(FileStream file, Span<byte> header)
    {
        file.Position = 0;
        return file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length && header.IndexOfAnyExcept((byte)0) >= 0;
    }

    private bool TryReserve(out ulong sequence)
    {
        var spins = 0;
        while (true)
        {
            var last = Volatile.Read(ref _reserved.Value);
            if (last - Volatile.Read(ref _drained.Value) >= (long)_capacity)
            {
                if (spins++ >= _fullSpins)
                {
                    sequence = 0;
                    return false;
                }

                Thread.Yield();
                continue;
            }

            if (Interlocked.CompareExchange(ref _reserved.Value, last + 1, last) == last)
            {
                sequence = (ulong)last + 1;
                return true;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong OffsetOf(ulong sequence) => HeaderBytes + ((sequence - 1) % _capacity * RequestRecord.SizeBytes);

    // Reserving threads and the drain write different cache lines.
    [System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Explicit, Size = 128)]
    private struct PaddedLong
    {
        [System.Runtime.InteropServices.FieldOffset(64)]
        public long Value;
    }
}
