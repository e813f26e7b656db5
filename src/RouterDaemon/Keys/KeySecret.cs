using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace RouterDaemon.Keys;

/// <summary>API keys as text: <c>rd-</c> and 256 random bits. With so much randomness one SHA-256 is as good as a slow hash, and fast enough for each request.</summary>
internal static class KeySecret
{
    /// <summary>How every key begins.</summary>
    public const string Mark = "rd-";

    /// <summary>Characters kept to recognise a key by: 30 of its 256 bits.</summary>
    public const int PrefixChars = 8;

    /// <summary>Bytes of a hash.</summary>
    public const int HashBytes = 32;

    private const int RandomBytes = 32;
    private const int MaxChars = 128;

    /// <summary>A new key.</summary>
    public static string Create() => Mark + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    /// <summary>Id of a new key: says nothing about it.</summary>
    public static string CreateId() => "key_" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    /// <summary>SHA-256 of the text; false = too long to be a key.</summary>
    public static bool TryHash(ReadOnlySpan<char> key, Span<byte> hash)
    {
        if (key.Length is 0 or > MaxChars)
        {
            return false;
        }

        Span<byte> utf8 = stackalloc byte[MaxChars * 3];
        var length = Encoding.UTF8.GetBytes(key, utf8);
        SHA256.HashData(utf8[..length], hash);
        CryptographicOperations.ZeroMemory(utf8[..length]);
        return true;
    }
}
