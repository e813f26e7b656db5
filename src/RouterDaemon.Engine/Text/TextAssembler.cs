using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace RouterDaemon.Engine.Text;

/// <summary>
/// Turns token bytes into text that may be sent: whole UTF-8 characters, and nothing that is, or could become, a stop string.
/// </summary>
internal sealed class TextAssembler
{
    public const int MaxStops = 16;
    public const int MaxStopBytes = 1024;

    private static readonly byte[] Replacement = [0xEF, 0xBF, 0xBD];

    private readonly byte[][] _stops;
    private readonly IReadOnlyList<string> _stopTexts;
    private readonly ArrayBufferWriter<byte> _held = new(64);
    private readonly byte[] _tail = new byte[4];
    private int _tailLength;

    public TextAssembler(IReadOnlyList<string> stops)
    {
        _stopTexts = stops;
        _stops = [.. stops.Select(Encoding.UTF8.GetBytes)];
    }

    /// <summary>The stop string that was met, null while there is none. Nothing may be pushed after it.</summary>
    public string? StopMet { get; private set; }

    /// <summary>Adds the bytes of a token and returns the text that is now certain, often all of it.</summary>
    public byte[] Push(ReadOnlySpan<byte> bytes)
    {
        if (_tailLength == 0 && Utf8.IsValid(bytes))
        {
            if (_stops.Length == 0)
                return bytes.ToArray();
            _held.Write(bytes);
        }
        else
        {
            AppendRepaired(bytes);
        }
        return Release();
    }

    /// <summary>Returns what was held back, at the end of a generation that met no stop string.</summary>
    public byte[] Flush()
    {
        if (_tailLength > 0)
        {
            _held.Write(Replacement);
            _tailLength = 0;
        }
        byte[] rest = Release();
        if (StopMet is not null || _held.WrittenCount == 0)
            return rest;
        rest = [.. rest, .. _held.WrittenSpan];
        _held.Clear();
        return rest;
    }

    private void AppendRepaired(ReadOnlySpan<byte> bytes)
    {
        Span<byte> joined = bytes.Length <= 252 ? stackalloc byte[256] : new byte[bytes.Length + 4];
        _tail.AsSpan(0, _tailLength).CopyTo(joined);
        bytes.CopyTo(joined[_tailLength..]);
        ReadOnlySpan<byte> rest = joined[..(_tailLength + bytes.Length)];
        _tailLength = 0;
        while (!rest.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(rest, out _, out int consumed);
            if (status == OperationStatus.NeedMoreData)
            {
                rest.CopyTo(_tail);
                _tailLength = rest.Length;
                return;
            }
            _held.Write(status == OperationStatus.Done ? rest[..consumed] : Replacement);
            rest = rest[consumed..];
        }
    }

    private byte[] Release()
    {
        ReadOnlySpan<byte> held = _held.WrittenSpan;
        // The stop that is complete first wins, of those the one that began first: so the cuts between tokens have no say.
        int first = 0;
        int firstEnd = int.MaxValue;
        for (int i = 0; i < _stops.Length; i++)
        {
            int at = held.IndexOf(_stops[i]);
            int end = at + _stops[i].Length;
            if (at >= 0 && (end < firstEnd || (end == firstEnd && at < first)))
            {
                (first, firstEnd) = (at, end);
                StopMet = _stopTexts[i];
            }
        }
        int certain = StopMet is null ? held.Length - PossibleStopLength(held) : first;
        if (certain == 0 && StopMet is null)
            return [];
        byte[] text = held[..certain].ToArray();
        byte[] rest = StopMet is null ? held[certain..].ToArray() : [];
        _held.Clear();
        _held.Write(rest);
        return text;
    }

    /// <summary>Length of the longest end of the text that is the beginning of a stop string.</summary>
    private int PossibleStopLength(ReadOnlySpan<byte> held)
    {
        int longest = 0;
        foreach (byte[] stop in _stops)
        {
            for (int length = Math.Min(stop.Length - 1, held.Length); length > longest; length--)
            {
                if (held[^length..].SequenceEqual(stop.AsSpan(0, length)))
                    longest = length;
            }
        }
        return longest;
    }
}
