using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RouterDaemon.Native;

/// <summary>The keys and values of one sequence, copied out of a context into memory of its own. Fits only contexts of the same model and shape.</summary>
public sealed class SequenceState : SafeHandleZeroOrMinusOneIsInvalid
{
    private SequenceState(nint memory, nuint bytes) : base(ownsHandle: true)
    {
        Bytes = (long)bytes;
        SetHandle(memory);
    }

    /// <summary>Size of the copy.</summary>
    public long Bytes { get; }

    internal nint Pointer => handle;

    internal static unsafe SequenceState? TryCreate(nuint bytes)
    {
        try
        {
            return new SequenceState((nint)NativeMemory.Alloc(bytes), bytes);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    protected override unsafe bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}
