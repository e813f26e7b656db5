using System.Runtime.InteropServices;

namespace RouterDaemon.Native.Linux;

/// <summary>
/// The little of io_uring that batches system calls: requests that cannot wait are queued, and one call runs them all. Layout and numbers:
/// linux/io_uring.h. Not thread-safe; for the thread that made it.
/// </summary>
internal sealed unsafe class SubmissionRing
{
    public const byte OpSend = 26, OpReceive = 27;

    private const int SysSetup = 425, SysEnter = 426;
    private const int ParamsBytes = 120, EntryBytes = 64, CompletionBytes = 16;
    private const int SubmitOffsets = 40, CompleteOffsets = 80;
    private const uint SetupSingleIssuer = 1 << 12, FeatureSingleMmap = 1;
    private const long EntriesOffset = 0x10000000;
    private const int ProtReadWrite = 3, MapSharedPopulate = 0x8001;
    private const int MsgDontWait = 0x40;
    private const int EnterGetEvents = 1;

    private readonly int _descriptor;
    private readonly byte* _entries;
    private readonly uint* _submitTail;
    private readonly uint* _completeHead;
    private readonly uint* _completeTail;
    private readonly byte* _completions;
    private readonly uint _submitMask;
    private readonly uint _completeMask;
    private uint _tail;
    private uint _queued;

    private SubmissionRing(int descriptor, byte* ring, byte* entries, uint* parameters)
    {
        _descriptor = descriptor;
        _entries = entries;
        var submit = (uint*)((byte*)parameters + SubmitOffsets);
        var complete = (uint*)((byte*)parameters + CompleteOffsets);
        _submitTail = (uint*)(ring + submit[1]);
        _submitMask = *(uint*)(ring + submit[2]);
        _completeHead = (uint*)(ring + complete[0]);
        _completeTail = (uint*)(ring + complete[1]);
        _completeMask = *(uint*)(ring + complete[2]);
        _completions = ring + complete[5];
        _tail = *_submitTail;
        // The array between the tail and the entries is not used: entry n stands at place n.
        var places = (uint*)(ring + submit[6]);
        for (uint i = 0; i <= _submitMask; i++)
        {
            places[i] = i;
        }
    }

    /// <summary>A ring for that many requests at once; null where the kernel has none, or forbids it.</summary>
    public static SubmissionRing? TryCreate(int requests)
    {
        var parameters = stackalloc uint[ParamsBytes / sizeof(uint)];
        new Span<uint>(parameters, ParamsBytes / sizeof(uint)).Clear();
        parameters[2] = SetupSingleIssuer;
        var descriptor = (int)LibC.syscall(SysSetup, requests, (nint)parameters, 0, 0, 0, 0);
        if (descriptor < 0)
        {
            return null;
        }

        var submitBytes = parameters[(SubmitOffsets / 4) + 6] + (parameters[0] * sizeof(uint));
        var completeBytes = parameters[(CompleteOffsets / 4) + 5] + (parameters[1] * CompletionBytes);
        if ((parameters[5] & FeatureSingleMmap) != 0)
        {
            var ring = LibC.mmap(null, Math.Max(submitBytes, completeBytes), ProtReadWrite, MapSharedPopulate, descriptor, 0);
            var entries = LibC.mmap(null, parameters[0] * EntryBytes, ProtReadWrite, MapSharedPopulate, descriptor, (nint)EntriesOffset);
            if ((nint)ring != -1 && (nint)entries != -1)
            {
                return new SubmissionRing(descriptor, ring, entries, parameters);
            }
        }

        // Unmapped with the process: this happens once, at the start, or never.
        _ = LibC.close(descriptor);
        return null;
    }

    /// <summary>Queues a request; its result comes under <paramref name="token"/>.</summary>
    public void Add(byte operation, int descriptor, byte* buffer, int length, uint token)
    {
        var entry = _entries + ((_tail & _submitMask) * EntryBytes);
        new Span<byte>(entry, EntryBytes).Clear();
        entry[0] = operation;
        *(int*)(entry + 4) = descriptor;
        *(ulong*)(entry + 16) = (ulong)buffer;
        *(int*)(entry + 24) = length;
        *(int*)(entry + 28) = MsgDontWait;
        *(ulong*)(entry + 32) = token;
        _tail++;
        _queued++;
    }

    /// <summary>
    /// Runs what was queued and files each result, bytes or a negated error, under its token. False = the kernel takes no requests any more;
    /// those that it did not take have no result, and the ring is not to be used again.
    /// </summary>
    public bool TryRun(Span<int> results)
    {
        Volatile.Write(ref *_submitTail, _tail);
        var left = _queued;
        while (left > 0)
        {
            var submitted = (int)LibC.syscall(SysEnter, _descriptor, (nint)left, 0, 0, 0, 0);
            if (submitted >= 0)
            {
                left -= (uint)submitted;
            }
            else if (Marshal.GetLastSystemError() != LibC.EINTR)
            {
                break;
            }
        }

        _queued -= left;
        // Requests that cannot wait are complete when the call returns.
        var head = *_completeHead;
        while (_queued > 0)
        {
            if (head == Volatile.Read(ref *_completeTail))
            {
                _ = LibC.syscall(SysEnter, _descriptor, 0, (nint)_queued, EnterGetEvents, 0, 0);
                continue;
            }

            var completion = _completions + ((head & _completeMask) * CompletionBytes);
            results[(int)*(ulong*)completion] = *(int*)(completion + 8);
            head++;
            _queued--;
        }

        Volatile.Write(ref *_completeHead, head);
        return left == 0;
    }
}
