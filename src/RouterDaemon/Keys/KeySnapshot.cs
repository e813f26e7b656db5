using System.Buffers.Binary;
using System.Security.Cryptography;

namespace RouterDaemon.Keys;

/// <summary>All keys at one moment, found by the first bytes of their hash and compared in constant time.</summary>
internal sealed class KeySnapshot
{
    /// <summary>No keys.</summary>
    public static readonly KeySnapshot Empty = new([]);

    private readonly Dictionary<ulong, ApiKey> _byHash = [];

    public KeySnapshot(List<ApiKey> keys)
    {
        All = keys;
        foreach (var key in keys)
        {
            _byHash[Slot(key.Row.Hash)] = key;
            Unrevoked += key.Row.RevokedAt is null ? 1 : 0;
        }
    }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<ApiKey> All { get; }

    /// <summary>Keys that are not revoked.</summary>
    public int Unrevoked { get; }

    /// <summary>The key with this hash.</summary>
    public ApiKey? Find(ReadOnlySpan<byte> hash) =>
        _byHash.TryGetValue(Slot(hash), out var key) && CryptographicOperations.FixedTimeEquals(key.Row.Hash, hash) ? key : null;

    // 64 bits of SHA-256: looking them up tells nothing of the key that could be used, and two keys do not share them.
    private static ulong Slot(ReadOnlySpan<byte> hash) => BinaryPrimitives.ReadUInt64LittleEndian(hash);
}
