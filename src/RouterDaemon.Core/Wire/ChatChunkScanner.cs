using System.Text.Json;

namespace RouterDaemon.Core.Wire;

/// <summary>
/// Reads chunks (<c>chat.completion.chunk</c>, <c>text_completion</c>) and whole answers (<c>chat.completion</c>) without a DOM and without allocating.
/// </summary>
public static class ChatChunkScanner
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 128 };

    /// <summary>Reads one chunk or body; <paramref name="facts"/> is overwritten.</summary>
    public static void Scan(ReadOnlySpan<byte> json, ref ChunkFacts facts)
    {
        facts = new ChunkFacts { CachedTokens = -1 };
        var reader = new Utf8JsonReader(json, Options);
        try
        {
            facts.Malformed = !Object(ref reader, ref facts);
        }
        catch (JsonException)
        {
            facts.Malformed = true;
        }

        facts.HasContent = facts.ContentBytes > 0 || facts.HasToolCalls;
        facts.IsUsageOnly = facts.HasUsage && facts.ChoiceCount == 0;
    }

    private static bool Object(ref Utf8JsonReader reader, ref ChunkFacts facts)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.ValueSpan;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            switch (key.Length)
            {
                case 7 when key.SequenceEqual("choices"u8) && reader.TokenType == JsonTokenType.StartArray:
                    Choices(ref reader, ref facts);
                    break;
                case 5 when key.SequenceEqual("usage"u8) && reader.TokenType == JsonTokenType.StartObject:
                    Usage(ref reader, ref facts, reader.CurrentDepth);
                    facts.HasUsage = true;
                    facts.UsageValue = new ByteRange(start, (int)reader.BytesConsumed - start);
                    break;
                case 5 when key.SequenceEqual("error"u8) && reader.TokenType != JsonTokenType.Null:
                    reader.Skip();
                    facts.HasError = true;
                    facts.ErrorValue = new ByteRange(start, (int)reader.BytesConsumed - start);
                    break;
                case 5 when key.SequenceEqual("model"u8) && reader.TokenType == JsonTokenType.String:
                    facts.ModelValue = new ByteRange(start, (int)reader.BytesConsumed - start);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return !reader.Read();
    }

    private static void Choices(ref Utf8JsonReader reader, ref ChunkFacts facts)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            facts.ChoiceCount++;
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var key = reader.ValueSpan;
                reader.Read();
                if (key.SequenceEqual("delta"u8) || key.SequenceEqual("message"u8))
                    Delta(ref reader, ref facts);
                else if (key.SequenceEqual("text"u8) && reader.TokenType == JsonTokenType.String)
                    facts.ContentBytes += reader.ValueSpan.Length;
                else if (key.SequenceEqual("finish_reason"u8) && reader.TokenType == JsonTokenType.String)
                    facts.FinishReason = Reason(reader.ValueSpan);
                else
                    reader.Skip();
            }
        }
    }

    private static void Delta(ref Utf8JsonReader reader, ref ChunkFacts facts)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.ValueSpan;
            reader.Read();
            if (reader.TokenType == JsonTokenType.Null || key.SequenceEqual("role"u8))
            {
                reader.Skip();
                continue;
            }

            var isReasoning = key.StartsWith("reasoning"u8);
            if (isReasoning || key.SequenceEqual("content"u8) || key.SequenceEqual("refusal"u8))
            {
                var bytes = TextBytes(ref reader);
                facts.ContentBytes += bytes;
                facts.ReasoningBytes += isReasoning ? bytes : 0;
            }
            else if (key.SequenceEqual("tool_calls"u8) || key.SequenceEqual("function_call"u8) || key.SequenceEqual("audio"u8))
            {
                var start = reader.BytesConsumed;
                reader.Skip();
                var bytes = (int)(reader.BytesConsumed - start) - 1;
                if (bytes > 0)
                {
                    facts.HasToolCalls |= key[0] != 'a';
                    facts.ContentBytes += bytes;
                }
            }
            else
            {
                reader.Skip();
            }
        }
    }

    /// <summary>Bytes of a text, or of the texts inside a list of parts.</summary>
    private static int TextBytes(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
            return reader.ValueSpan.Length;
        var bytes = 0;
        var depth = reader.CurrentDepth;
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
            return 0;
        var isType = false;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                isType = reader.ValueTextEquals("type"u8);
                continue;
            }

            if (reader.TokenType == JsonTokenType.String && !isType)
                bytes += reader.ValueSpan.Length;
            isType = false;
        }

        return bytes;
    }

    private static void Usage(ref Utf8JsonReader reader, ref ChunkFacts facts, int depth)
    {
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
                continue;
            var key = reader.ValueSpan;
            reader.Read();
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var value) || value < 0)
                continue;
            if (key.SequenceEqual("prompt_tokens"u8) || key.SequenceEqual("input_tokens"u8))
                facts.PromptTokens = value;
            else if (key.SequenceEqual("completion_tokens"u8) || key.SequenceEqual("output_tokens"u8))
                facts.CompletionTokens = value;
            else if (key.SequenceEqual("cached_tokens"u8) || key.SequenceEqual("prompt_cache_hit_tokens"u8)
                || key.SequenceEqual("cache_read_input_tokens"u8))
                facts.CachedTokens = value;
        }
    }

    private static FinishReason Reason(ReadOnlySpan<byte> text) =>
        text.SequenceEqual("stop"u8) ? FinishReason.Stop
        : text.SequenceEqual("length"u8) ? FinishReason.Length
        : text.SequenceEqual("tool_calls"u8) || text.SequenceEqual("function_call"u8) ? FinishReason.ToolCalls
        : text.SequenceEqual("content_filter"u8) ? FinishReason.ContentFilter
        : FinishReason.Other;
}
