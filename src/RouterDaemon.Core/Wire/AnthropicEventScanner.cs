using System.Text.Json;

namespace RouterDaemon.Core.Wire;

/// <summary>
/// Reads events and whole answers of Anthropic's Messages in the terms of OpenAI's chunks, without a DOM and without allocating.
/// Usage is spread over two events, so the scanner remembers the first.
/// </summary>
public struct AnthropicEventScanner
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 128 };

    private int _inputTokens;
    private int _cacheReadTokens;
    private int _cacheWriteTokens;
    private int _outputTokens;

    /// <summary>Reads the data of one event; <paramref name="facts"/> is overwritten.</summary>
    public void ScanEvent(ReadOnlySpan<byte> json, ref ChunkFacts facts)
    {
        facts = new ChunkFacts { CachedTokens = -1 };
        try
        {
            facts.Malformed = !Scan(json, ref facts, isAnswer: false);
        }
        catch (JsonException)
        {
            facts.Malformed = true;
        }
    }

    /// <summary>Reads a whole answer; <paramref name="facts"/> is overwritten.</summary>
    public void ScanAnswer(ReadOnlySpan<byte> json, ref ChunkFacts facts)
    {
        facts = new ChunkFacts { CachedTokens = -1 };
        try
        {
            facts.Malformed = !Scan(json, ref facts, isAnswer: true);
        }
        catch (JsonException)
        {
            facts.Malformed = true;
        }
    }

    private bool Scan(ReadOnlySpan<byte> json, ref ChunkFacts facts, bool isAnswer)
    {
        var reader = new Utf8JsonReader(json, Options);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        var isDelta = false;
        var hasUsage = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "type"u8))
            {
                isDelta = reader.ValueTextEquals("message_delta"u8);
                facts.IsEnd = reader.ValueTextEquals("message_stop"u8);
                facts.HasError = reader.ValueTextEquals("error"u8);
                reader.Skip();
            }
            else if (Is(ref reader, "message"u8))
            {
                Message(ref reader);
            }
            else if (Is(ref reader, "delta"u8) || Is(ref reader, "content_block"u8))
            {
                Part(ref reader, ref facts);
            }
            else if (Is(ref reader, "content"u8))
            {
                Content(ref reader, ref facts);
            }
            else if (Is(ref reader, "stop_reason"u8))
            {
                facts.FinishReason = Reason(ref reader);
            }
            else if (Is(ref reader, "usage"u8))
            {
                Usage(ref reader);
                hasUsage = true;
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        facts.HasContent = facts.ContentBytes > 0 || facts.HasToolCalls;
        if (hasUsage && (isDelta || isAnswer))
        {
            facts.HasUsage = true;
            facts.PromptTokens = _inputTokens + _cacheReadTokens + _cacheWriteTokens;
            facts.CachedTokens = _cacheReadTokens;
            facts.CompletionTokens = _outputTokens;
        }

        return !reader.Read();
    }

    private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) => reader.ValueTextEquals(name) && reader.Read();

    /// <summary>The message of <c>message_start</c>: its usage holds the prompt's side.</summary>
    private void Message(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "usage"u8))
            {
                Usage(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    private static void Content(ref Utf8JsonReader reader, ref ChunkFacts facts)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Part(ref reader, ref facts);
        }
    }

    /// <summary>A block, the start of one, or a delta: text, thinking or a tool's input.</summary>
    private static void Part(ref Utf8JsonReader reader, ref ChunkFacts facts)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "type"u8))
            {
                facts.HasToolCalls |= reader.ValueTextEquals("tool_use"u8) || reader.ValueTextEquals("server_tool_use"u8);
                reader.Skip();
            }
            else if (Is(ref reader, "stop_reason"u8))
            {
                facts.FinishReason = Reason(ref reader);
            }
            else if (Is(ref reader, "thinking"u8))
            {
                var bytes = reader.TokenType == JsonTokenType.String ? reader.ValueSpan.Length : 0;
                facts.ReasoningBytes += bytes;
                facts.ContentBytes += bytes;
                reader.Skip();
            }
            else if (Is(ref reader, "text"u8) || Is(ref reader, "partial_json"u8))
            {
                facts.ContentBytes += reader.TokenType == JsonTokenType.String ? reader.ValueSpan.Length : 0;
                reader.Skip();
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    /// <summary>Counts are cumulative; a later event overrides what it names.</summary>
    private void Usage(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "input_tokens"u8))
            {
                Count(ref reader, ref _inputTokens);
            }
            else if (Is(ref reader, "output_tokens"u8))
            {
                Count(ref reader, ref _outputTokens);
            }
            else if (Is(ref reader, "cache_read_input_tokens"u8))
            {
                Count(ref reader, ref _cacheReadTokens);
            }
            else if (Is(ref reader, "cache_creation_input_tokens"u8))
            {
                Count(ref reader, ref _cacheWriteTokens);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    private static void Count(ref Utf8JsonReader reader, ref int value)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var count) && count >= 0)
        {
            value = count;
        }
        else
        {
            reader.Skip();
        }
    }

    private static FinishReason Reason(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return FinishReason.None;
        }

        return reader.ValueTextEquals("max_tokens"u8) || reader.ValueTextEquals("model_context_window_exceeded"u8) ? FinishReason.Length
            : reader.ValueTextEquals("tool_use"u8) ? FinishReason.ToolCalls
            : reader.ValueTextEquals("refusal"u8) ? FinishReason.ContentFilter
            : FinishReason.Stop;
    }
}
