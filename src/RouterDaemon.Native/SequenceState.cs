using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RouterDaemon.Native;

/// <summary>The keys and values of one sequence, copied out of a context into memory of its own. Fits only contexts of the same model and shape.</summary>
public sealed class SequenceState : SafeHandleZeroOrMinusOneIsInvalid
{
    private unsafe SequenceState(nuint bytes) : base(ownsHandle: true)
    {
        Bytes = (long)bytes;
        SetHandle((nint)NativeMemory.Alloc(bytes));
    }

    /// <summary>Size of the copy.</summary>
    public long Bytes { get; }

    internal nint Pointer => handle;

    internal static SequenceState Create(nuint bytes) => new(bytes);

    protected override unsafe bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}
