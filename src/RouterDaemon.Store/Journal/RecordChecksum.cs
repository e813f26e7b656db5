using System.Numerics;
using System.Runtime.InteropServices;

namespace RouterDaemon.Store.Journal;

/// <summary>Detects torn and damaged records: two multiply-rotate lanes over the 8-byte words. Not cryptographic.</summary>
internal static class RecordChecksum
{
    private const ulong Prime1 = 0x9E3779B185EBCA87;
    private const ulong Prime2 = 0xC2B2AE3D27D4EB4F;
    private const int HeaderWords = 2;

    public static ulong Of(in RequestRecord record, ulong sequence)
    {
        var words = MemoryMarshal.Cast<RequestRecord, ulong>(MemoryMarshal.CreateReadOnlySpan(in record, 1))[HeaderWords..];
        var a = sequence * Prime1;
        var b = sequence ^ Prime2;
        for (var i = 0; i + 1 < words.Length; i += 2)
        {
            a = BitOperations.RotateLeft(a ^ (words[i] * Prime2), 31) * Prime1;
            b = BitOperations.RotateLeft(b ^ (words[i + 1] * Prime1), 29) * Prime2;
        }

        a ^= BitOperations.RotateLeft(b, 17);
        return (a ^ (a >> 32)) * Prime2;
    }

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var a = (ulong)bytes.Length * Prime1;
        foreach (var value in bytes)
        {
            a = BitOperations.RotateLeft(a ^ value, 11) * Prime2;
        }

        return (uint)(a ^ (a >> 32)) | 1;
    }
}
