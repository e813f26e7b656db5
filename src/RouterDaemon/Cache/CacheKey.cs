using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using RouterDaemon.Backends;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Http;
using RouterDaemon.Relay;

namespace RouterDaemon.Cache;

/// <summary>
/// Which requests may be answered from the cache, and under which key: a SHA-256 over everything that the answer depends on.
/// </summary>
internal static class CacheKey
{
    /// <summary>Counts up when the key's parts change.</summary>
    private const int Version = 1;

    /// <summary>True when the answer is the same every time, or the client says that it may be.</summary>
    public static bool IsEligible(InferenceCall call)
    {
        var hints = call.Hints;
        // Who asks for an explanation asks about a decision, and a hit has none.
        return !hints.NoCache && !hints.Explain
            && (call.Operation is Operation.Embeddings or Operation.Rerank || hints.Cache || call.Peek.Temperature == 0);
    }

    /// <summary>The key of a request as hexadecimal text; null = its body has no canonical form.</summary>
    /// <param name="call">The request, read and translated.</param>
    /// <param name="isShared">One answer serves all keys of callers.</param>
    public static string? Of(InferenceCall call, bool isShared)
    {
        var http = call.Context.Http.Request;
        // What the client wrote, not its translation: two bodies may differ in what only a backend of their own dialect is told.
        return Of(
            call.Original, http.Path.Value ?? "", call.Peek.Stream, call.Peek.IncludeUsage, call.Route.PrivacyFloor, call.Hints.Tags,
            isShared, call.Context.KeyId, http.Headers);
    }

    /// <summary>The key from its parts.</summary>
    public static string? Of(
        ReadOnlyMemory<byte> body, string path, bool stream, bool includeUsage, TrustLevel privacyFloor, IReadOnlyList<string> tags,
        bool isShared, string? keyId, IHeaderDictionary headers)
    {
        var text = new ArrayBufferWriter<byte>(body.Length + 256);
        try
        {
            using var document = JsonDocument.Parse(body);
            using var json = new Utf8JsonWriter(text, JsonDefaults.Writer);
            json.WriteStartArray();
            json.WriteNumberValue(Version);
            // Each endpoint has a path of its own, so it stands for dialect and operation.
            json.WriteStringValue(path);
            json.WriteNumberValue((stream ? 1 : 0) + (stream && includeUsage ? 2 : 0));
            json.WriteNumberValue((int)privacyFloor);
            WriteTags(json, tags);
            WriteCaller(json, isShared, keyId);
            json.WriteStringValue(headers["anthropic-version"].ToString());
            json.WriteStringValue(headers["anthropic-beta"].ToString());
            CanonicalJson.WriteBody(json, document.RootElement);
            json.WriteEndArray();
        }
        catch (Exception e) when (e is InvalidOperationException or JsonException or ArgumentException)
        {
            return null;
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text.WrittenSpan, hash);
        return Convert.ToHexString(hash);
    }

    private static void WriteTags(Utf8JsonWriter json, IReadOnlyList<string> tags)
    {
        string[] sorted = [.. tags];
        Array.Sort(sorted, StringComparer.Ordinal);
        json.WriteStartArray();
        foreach (var tag in sorted)
        {
            json.WriteStringValue(tag);
        }

        json.WriteEndArray();
    }

    private static void WriteCaller(Utf8JsonWriter json, bool isShared, string? keyId)
    {
        if (isShared)
        {
            json.WriteBooleanValue(true);
        }
        else if (keyId is null)
        {
            json.WriteNullValue();
        }
        else
        {
            json.WriteStringValue(keyId);
        }
    }
}
