using System.Text.Json;
using System.Text.Unicode;

namespace RouterDaemon.Core.Wire;

/// <summary>Reads what routing needs from a request body in one pass, without a DOM and without allocating.</summary>
public static class RequestPeeker
{
    /// <summary>Deepest nesting accepted.</summary>
    public const int MaxDepth = 64;

    /// <summary>Most answers (<c>n</c>) of one request.</summary>
    public const int MaxN = 128;

    private static readonly JsonReaderOptions Options = new() { MaxDepth = MaxDepth, CommentHandling = JsonCommentHandling.Disallow };

    /// <summary>Reads a body. On false <paramref name="error"/> says what, where and which key.</summary>
    /// <param name="body">The whole body, UTF-8 without byte order mark.</param>
    /// <param name="prefixHashes">Receives the prefix hashes; at most <see cref="PrefixHasher.MaxHashes"/> are written; empty = none wanted.</param>
    /// <param name="salt">Keeps the prefixes of different tenants apart.</param>
    /// <param name="peek">What was found; complete when the error is <see cref="PeekErrorKind.MissingModel"/>, partial with other errors.</param>
    /// <param name="error">The fault.</param>
    public static bool TryPeek(
        ReadOnlySpan<byte> body, Span<ulong> prefixHashes, ulong salt, out RequestPeek peek, out PeekError error)
    {
        peek = new RequestPeek { N = 1, Temperature = float.NaN };
        error = default;
        var scan = new PeekScan(body, new Utf8JsonReader(body, Options));
        try
        {
            if (!scan.Run(ref peek))
            {
                error = scan.Error;
                return false;
            }
        }
        catch (JsonException e)
        {
            // The one throwing path: a malformed body.
            error = new PeekError(PeekErrorKind.MalformedJson, OffsetOf(body, e, scan.Offset), "", e.Message.Contains("depth", StringComparison.Ordinal)
                ? "nested at most 64 deep" : "");
            return false;
        }

        if (!Utf8.IsValid(body))
        {
            error = new PeekError(PeekErrorKind.MalformedJson, FirstInvalidUtf8(body), "", "UTF-8");
            return false;
        }

        Finish(body, prefixHashes, salt, ref peek);
        if (peek.ModelValue.Length > 2)
            return true;
        error = new PeekError(PeekErrorKind.MissingModel, 0, "model", "a model name");
        return false;
    }

    /// <summary>
    /// The text of a JSON string without quotes: in place when it holds no escapes, else unescaped into <paramref name="scratch"/>.
    /// False when scratch is too small (the range's length always suffices).
    /// </summary>
    public static bool TryUnescape(ReadOnlySpan<byte> body, ByteRange valueWithQuotes, Span<byte> scratch, out ReadOnlySpan<byte> text)
    {
        var raw = valueWithQuotes.Of(body);
        text = raw[1..^1];
        if (text.IndexOf((byte)'\\') < 0)
            return true;
        if (scratch.Length < text.Length)
        {
            text = default;
            return false;
        }

        var reader = new Utf8JsonReader(raw, Options);
        reader.Read();
        text = scratch[..reader.CopyString(scratch)];
        return true;
    }

    private static void Finish(ReadOnlySpan<byte> body, Span<ulong> prefixHashes, ulong salt, ref RequestPeek peek)
    {
        peek.PrefixBytes = peek.Tools.Length + peek.System.Length + peek.Messages.Length + peek.Prompt.Length + peek.Input.Length;
        if (!prefixHashes.IsEmpty)
        {
            // The order in which chat templates place them, whatever their order in the body.
            var hasher = new PrefixHasher(salt, prefixHashes.Length);
            hasher.Append(peek.Tools.Of(body), prefixHashes);
            hasher.Append(peek.System.Of(body), prefixHashes);
            hasher.Append(peek.Messages.Of(body), prefixHashes);
            hasher.Append(peek.Prompt.Of(body), prefixHashes);
            hasher.Append(peek.Input.Of(body), prefixHashes);
            peek.PrefixHashCount = hasher.Count;
        }

        peek.TaskClass = Guess(body, in peek);
    }

    private static TaskClass Guess(ReadOnlySpan<byte> body, in RequestPeek peek)
    {
        const int LongBytes = 64 * 1024, Window = 2048;
        if (peek.HasImages || peek.HasAudio)
            return TaskClass.Media;
        if (peek.ResponseFormat is ResponseFormatKind.JsonObject or ResponseFormatKind.JsonSchema)
            return TaskClass.Structured;
        if (peek.PromptBytes > LongBytes)
            return TaskClass.Long;
        var range = peek.Messages.IsEmpty ? peek.Prompt.IsEmpty ? peek.Input : peek.Prompt : peek.Messages;
        var text = range.Of(body);
        var last = text.Length > Window ? text[^Window..] : text;
        if (last.IndexOf("```"u8) >= 0)
            return TaskClass.Code;
        if (peek.HasTools)
            return TaskClass.Tools;
        return peek.Messages.IsEmpty && !peek.Prompt.IsEmpty ? TaskClass.Completion : TaskClass.Chat;
    }

    private static long FirstInvalidUtf8(ReadOnlySpan<byte> body)
    {
        var at = 0;
        while (at < body.Length && System.Text.Rune.DecodeFromUtf8(body[at..], out _, out var used) == System.Buffers.OperationStatus.Done)
            at += used;
        return at;
    }

    /// <summary>The exception counts lines (of LF) and bytes in them; a client wants one offset.</summary>
    private static long OffsetOf(ReadOnlySpan<byte> body, JsonException e, long fallback)
    {
        if (e.LineNumber is not { } line || e.BytePositionInLine is not { } column)
            return fallback;
        var start = 0;
        while (line-- > 0 && body[start..].IndexOf((byte)'\n') is var at and >= 0)
            start += at + 1;
        return Math.Min(start + column, body.Length);
    }
}
