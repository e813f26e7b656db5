using System.Runtime.InteropServices;

namespace RouterDaemon.Native.Linux;

/// <summary>
/// Receives and sends of many sockets, run together: by one system call where the kernel has io_uring and permits it, else by one each.
/// Each has a slot of memory of its own. Not thread-safe; for the thread that made it.
/// </summary>
public sealed unsafe class SocketBatch
{
    /// <summary>Slots, and calls of one batch.</summary>
    public const int Slots = 32;

    /// <summary>Bytes of a slot.</summary>
    public const int SlotBytes = 8 * 1024;

    /// <summary>No error number of Linux's.</summary>
    private const int NotRun = int.MinValue;

    private readonly byte* _memory = (byte*)NativeMemory.AlignedAlloc(Slots * SlotBytes, 64);
    private readonly int[] _results = new int[Slots];
    private readonly LinuxSocket?[] _sockets = new LinuxSocket?[Slots];
    private readonly (bool IsSend, int Offset, int Length)[] _calls = new (bool, int, int)[Slots];
    private SubmissionRing? _ring;
    private int _added;
    private int _highest;

    /// <param name="mayUseRing">False: one system call each, whatever the kernel has.</param>
    public SocketBatch(bool mayUseRing) => _ring = mayUseRing ? SubmissionRing.TryCreate(Slots) : null;

    /// <summary>One system call runs them all.</summary>
    public bool HasRing => _ring is not null;

    /// <summary>The memory of a slot.</summary>
    public Span<byte> Slot(int slot) => new(_memory + (slot * SlotBytes), SlotBytes);

    /// <summary>Receives up to <paramref name="length"/> bytes into a slot.</summary>
    public void AddReceive(LinuxSocket socket, int slot, int length) => Add(socket, slot, isSend: false, 0, length);

    /// <summary>Sends a stretch of a slot.</summary>
    public void AddSend(LinuxSocket socket, int slot, int offset, int length) => Add(socket, slot, isSend: true, offset, length);

    /// <summary>Runs what was added; <see cref="Result"/> has what came of it.</summary>
    public void Run()
    {
        // A single call is cheaper made directly.
        var ring = _added > 1 ? _ring : null;
        for (var i = 0; i < _highest; i++)
        {
            _results[i] = _sockets[i] is null ? _results[i] : NotRun;
            if (ring is not null && _sockets[i] is { } socket)
            {
                var (isSend, offset, length) = _calls[i];
                ring.Add(isSend ? SubmissionRing.OpSend : SubmissionRing.OpReceive, (int)socket.DangerousGetHandle(), _memory + (i * SlotBytes) + offset, length, (uint)i);
            }
        }

        if (ring?.TryRun(_results) != true)
        {
            // There is none, or none any more.
            _ring = ring is null ? _ring : null;
            RunEach();
        }

        for (var i = 0; i < _highest; i++)
        {
            _sockets[i]?.DangerousRelease();
            _sockets[i] = null;
        }

        _highest = 0;
        _added = 0;
    }

    /// <summary>Bytes that a slot's call moved, or <see cref="LinuxSocket.WouldBlock"/>.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The connection broke.</exception>
    /// <exception cref="ObjectDisposedException">It was closed here.</exception>
    public int Result(int slot) => _results[slot] switch
    {
        >= 0 and var bytes => bytes,
        -LibC.EAGAIN or -LibC.EINTR => LinuxSocket.WouldBlock,
        -LibC.EBADF => throw new ObjectDisposedException(nameof(LinuxSocket)),
        var error => throw LinuxErrors.Exception(-error),
    };

    /// <summary>Makes the calls that no ring made.</summary>
    private void RunEach()
    {
        for (var i = 0; i < _highest; i++)
        {
            if (_sockets[i] is { } socket && _results[i] == NotRun)
            {
                var (isSend, offset, length) = _calls[i];
                var at = _memory + (i * SlotBytes) + offset;
                _results[i] = isSend ? socket.SendOnce(at, length) : socket.ReceiveOnce(at, length);
            }
        }
    }

    private void Add(LinuxSocket socket, int slot, bool isSend, int offset, int length)
    {
        var added = false;
        try
        {
            socket.DangerousAddRef(ref added);
        }
        catch (ObjectDisposedException)
        {
            _results[slot] = -LibC.EBADF;
            return;
        }

        _added++;
        _sockets[slot] = socket;
        _highest = Math.Max(_highest, slot + 1);
        _calls[slot] = (isSend, offset, length);
    }
}
