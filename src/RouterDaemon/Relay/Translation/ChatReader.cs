using System.Text.Json;

namespace RouterDaemon.Relay.Translation;

/// <summary>Reads chunks and whole answers of OpenAI's chat and completion dialects.</summary>
internal static class ChatReader
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 128 };

    /// <summary>Reads one chunk or answer, which a scan found to be JSON, into <paramref name="delta"/>.</summary>
    public static void Read(ReadOnlySpan<byte> json, ChatDelta delta)
    {
        delta.Clear();
        var reader = new Utf8JsonReader(json, Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "choices"u8))
            {
                Choices(ref reader, delta);
            }
            else if (Is(ref reader, "usage"u8))
            {
                Usage(ref reader, delta);
            }
            else if (Is(ref reader, "model"u8))
            {
                delta.Model = JsonText.Read(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    /// <summary>True when the member at hand has that name; the reader then stands on its value.</summary>
    private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> name) => reader.ValueTextEquals(name) && reader.Read();

    /// <summary>The first choice: translated requests ask for one.</summary>
    private static void Choices(ref Utf8JsonReader reader, ChatDelta delta)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (Is(ref reader, "delta"u8) || Is(ref reader, "message"u8))
                {
                    Message(ref reader, delta);
                }
                else if (Is(ref reader, "text"u8))
                {
                    delta.Text += JsonText.Read(ref reader);
                }
                else if (Is(ref reader, "finish_reason"u8))
                {
                    delta.FinishReason = reader.TokenType == JsonTokenType.String ? JsonText.Read(ref reader) : delta.FinishReason;
                }
                else if (Is(ref reader, "stop_reason"u8))
                {
                    delta.StopSequence = reader.TokenType == JsonTokenType.String ? JsonText.Read(ref reader) : null;
                }
                else
                {
                    reader.Read();
                    reader.Skip();
                }
            }
        }
    }

    private static void Message(ref Utf8JsonReader reader, ChatDelta delta)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "content"u8))
            {
                Content(ref reader, delta);
            }
            else if (Is(ref reader, "reasoning_content"u8) || Is(ref reader, "reasoning"u8))
            {
                // Some servers send both names with the same text.
                var text = JsonText.Read(ref reader);
                delta.Reasoning = delta.Reasoning.Length == 0 ? text : delta.Reasoning;
            }
            else if (Is(ref reader, "refusal"u8))
            {
                delta.Refusal += JsonText.Read(ref reader);
            }
            else if (Is(ref reader, "tool_calls"u8))
            {
                ToolCalls(ref reader, delta);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    /// <summary>A string, or Mistral's parts: <c>[{type: text, text}, {type: thinking, thinking: [{type: text, text}]}]</c>.</summary>
    private static void Content(ref Utf8JsonReader reader, ChatDelta delta)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            delta.Text += JsonText.Read(ref reader);
            return;
        }

        var depth = reader.CurrentDepth;
        var thinkingDepth = -1;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.EndArray && reader.CurrentDepth == thinkingDepth)
            {
                thinkingDepth = -1;
            }

            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (Is(ref reader, "thinking"u8))
            {
                thinkingDepth = reader.TokenType == JsonTokenType.StartArray ? reader.CurrentDepth : -1;
                delta.Reasoning += reader.TokenType == JsonTokenType.String ? JsonText.Read(ref reader) : "";
            }
            else if (Is(ref reader, "text"u8))
            {
                var text = JsonText.Read(ref reader);
                if (thinkingDepth >= 0)
                {
                    delta.Reasoning += text;
                }
                else
                {
                    delta.Text += text;
                }
            }
        }
    }

    private static void ToolCalls(ref Utf8JsonReader reader, ChatDelta delta)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        var position = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            var index = position++;
            string? id = null;
            string? name = null;
            var arguments = "";
            var depth = reader.CurrentDepth;
            while (reader.Read() && reader.CurrentDepth > depth)
            {
                if (reader.TokenType != JsonTokenType.PropertyName)
                {
                    continue;
                }

                if (Is(ref reader, "index"u8))
                {
                    index = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var given) ? given : index;
                }
                else if (Is(ref reader, "id"u8))
                {
                    id = NonEmpty(JsonText.Read(ref reader));
                }
                else if (Is(ref reader, "name"u8))
                {
                    name = NonEmpty(JsonText.Read(ref reader));
                }
                else if (Is(ref reader, "arguments"u8))
                {
                    arguments = JsonText.ReadAny(ref reader);
                }
                else if (!Is(ref reader, "function"u8))
                {
                    reader.Read();
                    reader.Skip();
                }
            }

            delta.ToolCalls.Add(new ChatToolCall(index, id, name, arguments));
        }
    }

    private static string? NonEmpty(string text) => text.Length == 0 ? null : text;

    private static void Usage(ref Utf8JsonReader reader, ChatDelta delta)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        delta.HasUsage = true;
        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (Is(ref reader, "prompt_tokens"u8))
            {
                delta.PromptTokens = Count(ref reader, delta.PromptTokens);
            }
            else if (Is(ref reader, "completion_tokens"u8))
            {
                delta.CompletionTokens = Count(ref reader, delta.CompletionTokens);
            }
            else if (Is(ref reader, "cached_tokens"u8) || Is(ref reader, "prompt_cache_hit_tokens"u8))
            {
                delta.CachedTokens = Count(ref reader, delta.CachedTokens);
            }
            else if (Is(ref reader, "reasoning_tokens"u8))
            {
                delta.ReasoningTokens = Count(ref reader, delta.ReasoningTokens);
            }
        }
    }

    private static int Count(ref Utf8JsonReader reader, int otherwise) =>
        reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var value) && value >= 0 ? value : otherwise;
}
