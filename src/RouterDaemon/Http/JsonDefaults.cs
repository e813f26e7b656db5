using System.Text.Encodings.Web;
using System.Text.Json;

namespace RouterDaemon.Http;

/// <summary>How this daemon writes JSON.</summary>
internal static class JsonDefaults
{
    /// <summary>Escapes only what JSON needs: answers are data for clients, never pasted into HTML by us.</summary>
    public static readonly JsonWriterOptions Writer = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
