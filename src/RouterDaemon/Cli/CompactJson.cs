using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace RouterDaemon.Cli;

/// <summary>JSON nodes on one line, as people read them.</summary>
internal static class CompactJson
{
    /// <summary>Escapes only what JSON needs; nodes need no type information.</summary>
    public static readonly JsonSerializerOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = JsonTypeInfoResolver.Combine(),
    };
}
