using System.Runtime.InteropServices;

namespace RouterDaemon.Native;

/// <summary>Strings as an array of zero-terminated UTF-8 pointers for the length of a call.</summary>
internal sealed unsafe class Utf8Strings : IDisposable
{
    private readonly int _count;

    public Utf8Strings(IReadOnlyList<string> values)
    {
        _count = values.Count;
        Pointers = (byte**)NativeMemory.AllocZeroed((nuint)Math.Max(1, _count), (nuint)sizeof(byte*));
        for (int i = 0; i < _count; i++)
            Pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(values[i]);
    }

    public byte** Pointers { get; }

    public void Dispose()
    {
        for (int i = 0; i < _count; i++)
            Marshal.FreeCoTaskMem((nint)Pointers[i]);
        NativeMemory.Free(Pointers);
    }
}
