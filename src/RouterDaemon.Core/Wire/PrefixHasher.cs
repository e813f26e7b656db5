using System.Runtime.InteropServices;

namespace RouterDaemon.Core.Wire;

/// <summary>
/// Chained hashes of a prompt's beginning: hash k covers every byte up to boundary k, so two prompts share hash k exactly when they
/// share that prefix (up to collisions of 64 bits). No tokenizer is needed. Boundaries are the same for all prompts: every 256 bytes
/// up to 8 KiB, then 6 % apart, 128 in all (about 2 MiB).
/// </summary>
public struct PrefixHasher
{
    /// <summary>Most hashes of one prompt.</summary>
    public const int MaxHashes = 128;

    private const int FirstStep = 256;
    private const int LinearCount = 32;
    private const ulong K0 = 0x9E3779B97F4A7C15, K1 = 0xD6E8FEB86659FD93, K2 = 0xA0761D6478BD642F, K3 = 0xE7037ED1A0B428DB;
    private static readonly int[] Bounds = MakeBounds();

    private readonly int _capacity;
    private ulong _a;
    private ulong _b;
    private long _bytes;
    private int _count;

    /// <summary>Starts a prompt. <paramref name="salt"/> keeps tenants apart: a hit must tell nobody about someone else's prompt.</summary>
    public PrefixHasher(ulong salt, int capacity)
    {
        _a = salt ^ K0;
        _b = Fold(salt ^ K2, K3);
        _capacity = Math.Min(capacity, MaxHashes);
    }

    /// <summary>Hashes produced.</summary>
    public readonly int Count => _count;

    /// <summary>Bytes fed.</summary>
    public readonly long Bytes => _bytes;

    /// <summary>Bytes that the first <paramref name="count"/> hashes cover; 0 for none.</summary>
    public static int BytesCovered(int count) => count <= 0 ? 0 : Bounds[Math.Min(count, MaxHashes) - 1];

    /// <summary>
    /// Feeds the next part. A part is chained whole: a boundary inside it ends a block there, its rest is hashed when the part ends, and
    /// boundaries that fall into that rest belong to the next block.
    /// </summary>
    public void Append(ReadOnlySpan<byte> part, Span<ulong> hashes)
    {
        while (!part.IsEmpty)
        {
            if (_count >= _capacity)
            {
                _bytes += part.Length;
                return;
            }

            var left = (int)(Bounds[_count] - _bytes);
            var take = Math.Min(left, part.Length);
            Mix(part[..take]);
            _bytes += take;
            part = part[take..];
            if (take == left)
                hashes[_count++] = Fold(_a ^ K1, _b ^ K0);
        }
    }

    private static int[] MakeBounds()
    {
        var bounds = new int[MaxHashes];
        double at = 0;
        for (var i = 0; i < MaxHashes; i++)
        {
            at += i < LinearCount ? FirstStep : Math.Max(FirstStep, at * 0.06);
            bounds[i] = (int)at / FirstStep * FirstStep;
        }

        return bounds;
    }

    /// <summary>Two multiply-and-fold lanes over 32 bytes a step (the construction of wyhash's bulk loop); the tail is padded with its length.</summary>
    private void Mix(ReadOnlySpan<byte> data)
    {
        ulong a = _a, b = _b;
        var words = MemoryMarshal.Cast<byte, ulong>(data);
        var i = 0;
        for (; i + 4 <= words.Length; i += 4)
        {
            a = Fold(words[i] ^ K0, words[i + 1] ^ a);
            b = Fold(words[i + 2] ^ K1, words[i + 3] ^ b);
        }

        for (; i < words.Length; i++)
            a = Fold(words[i] ^ K2, a ^ K3);
        var tail = data[(words.Length * 8)..];
        if (!tail.IsEmpty)
        {
            ulong last = 0;
            for (var t = 0; t < tail.Length; t++)
                last |= (ulong)tail[t] << (8 * t);
            b = Fold(last ^ K2, b ^ K3 ^ (ulong)tail.Length);
        }

        _a = a;
        _b = b;
    }

    private static ulong Fold(ulong x, ulong y)
    {
        var high = Math.BigMul(x, y, out var low);
        return high ^ low;
    }
}
