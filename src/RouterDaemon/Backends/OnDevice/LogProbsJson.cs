using System.Text;
using System.Text.Json;
using RouterDaemon.Engine;

namespace RouterDaemon.Backends.OnDevice;

/// <summary>Log probabilities in OpenAI's two shapes.</summary>
internal static class LogProbsJson
{
    /// <summary>Writes the member <c>logprobs</c> of a choice; null when there are none.</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<TokenLogProb>? tokens, bool isChat)
    {
        if (tokens is null)
        {
            json.WriteNull("logprobs");
            return;
        }

        json.WriteStartObject("logprobs");
        if (isChat)
        {
            json.WriteStartArray("content");
            foreach (var token in tokens)
            {
                json.WriteStartObject();
                WriteToken(json, token.Bytes.Span, token.LogProb);
                json.WriteStartArray("top_logprobs");
                foreach (var other in token.Top)
                {
                    json.WriteStartObject();
                    WriteToken(json, other.Bytes.Span, other.LogProb);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
        else
        {
            WriteCompletion(json, tokens);
        }

        json.WriteEndObject();
    }

    private static void WriteCompletion(Utf8JsonWriter json, IReadOnlyList<TokenLogProb> tokens)
    {
        json.WriteStartArray("tokens");
        foreach (var token in tokens)
        {
            json.WriteStringValue(Encoding.UTF8.GetString(token.Bytes.Span));
        }

        json.WriteEndArray();
        json.WriteStartArray("token_logprobs");
        foreach (var token in tokens)
        {
            json.WriteNumberValue(token.LogProb);
        }

        json.WriteEndArray();
        json.WriteStartArray("top_logprobs");
        foreach (var token in tokens)
        {
            json.WriteStartObject();
            foreach (var other in token.Top.DistinctBy(t => Encoding.UTF8.GetString(t.Bytes.Span)))
            {
                json.WriteNumber(Encoding.UTF8.GetString(other.Bytes.Span), other.LogProb);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteToken(Utf8JsonWriter json, ReadOnlySpan<byte> text, float logProb)
    {
        json.WriteString("token", Encoding.UTF8.GetString(text));
        json.WriteNumber("logprob", logProb);
        json.WriteStartArray("bytes");
        foreach (var b in text)
        {
            json.WriteNumberValue(b);
        }

        json.WriteEndArray();
    }
}
