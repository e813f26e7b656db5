namespace RouterDaemon.Core.Wire;

/// <summary>Key text to key, by length first: most members cost one switch.</summary>
internal static class PeekKeys
{
    public static PeekKey Find(ReadOnlySpan<byte> key)
    {
        switch (key.Length)
        {
            case 1: return key[0] == 'n' ? PeekKey.N : PeekKey.None;
            case 4: return key.SequenceEqual("text"u8) ? PeekKey.Text : PeekKey.None;
            case 5:
                return key.SequenceEqual("model"u8) ? PeekKey.Model
                    : key.SequenceEqual("tools"u8) ? PeekKey.Tools
                    : key.SequenceEqual("input"u8) ? PeekKey.Input
                    : key.SequenceEqual("route"u8) ? PeekKey.Route : PeekKey.None;
            case 6:
                return key.SequenceEqual("stream"u8) ? PeekKey.Stream
                    : key.SequenceEqual("prompt"u8) ? PeekKey.Prompt
                    : key.SequenceEqual("system"u8) ? PeekKey.System
                    : key.SequenceEqual("models"u8) ? PeekKey.Models
                    : key.SequenceEqual("format"u8) ? PeekKey.Format
                    : key.SequenceEqual("suffix"u8) ? PeekKey.Suffix : PeekKey.None;
            case 8: return key.SequenceEqual("messages"u8) ? PeekKey.Messages : key.SequenceEqual("logprobs"u8) ? PeekKey.LogProbs : PeekKey.None;
            case 9: return key.SequenceEqual("fallbacks"u8) ? PeekKey.Fallbacks : PeekKey.None;
            case 10: return key.SequenceEqual("max_tokens"u8) ? PeekKey.MaxTokens : PeekKey.None;
            case 11: return key.SequenceEqual("temperature"u8) ? PeekKey.Temperature : PeekKey.None;
            case 12: return key.SequenceEqual("instructions"u8) ? PeekKey.System : PeekKey.None;
            case 14: return key.SequenceEqual("stream_options"u8) ? PeekKey.StreamOptions : PeekKey.None;
            case 15: return key.SequenceEqual("response_format"u8) ? PeekKey.ResponseFormat : PeekKey.None;
            case 17: return key.SequenceEqual("max_output_tokens"u8) ? PeekKey.MaxOutputTokens : PeekKey.None;
            case 21: return key.SequenceEqual("max_completion_tokens"u8) ? PeekKey.MaxCompletionTokens : PeekKey.None;
            default: return PeekKey.None;
        }
    }

    public static string Name(PeekKey key) => key switch
    {
        PeekKey.Model => "model",
        PeekKey.Stream => "stream",
        PeekKey.StreamOptions => "stream_options",
        PeekKey.MaxTokens => "max_tokens",
        PeekKey.MaxCompletionTokens => "max_completion_tokens",
        PeekKey.MaxOutputTokens => "max_output_tokens",
        PeekKey.N => "n",
        PeekKey.Temperature => "temperature",
        PeekKey.Tools => "tools",
        PeekKey.ResponseFormat => "response_format",
        PeekKey.Text => "text",
        PeekKey.Format => "format",
        PeekKey.Messages => "messages",
        PeekKey.Prompt => "prompt",
        PeekKey.Input => "input",
        PeekKey.System => "system",
        PeekKey.Route => "route",
        PeekKey.Models => "models",
        PeekKey.Fallbacks => "fallbacks",
        PeekKey.LogProbs => "logprobs",
        PeekKey.Suffix => "suffix",
        _ => "",
    };

    public static PartKey FindPart(ReadOnlySpan<byte> key)
    {
        switch (key.Length)
        {
            case 3: return key.SequenceEqual("url"u8) ? PartKey.Media : PartKey.None;
            case 4:
                return key.SequenceEqual("role"u8) ? PartKey.Role
                    : key.SequenceEqual("type"u8) ? PartKey.Type
                    : key.SequenceEqual("data"u8) ? PartKey.Media : PartKey.None;
            case 6: return key.SequenceEqual("images"u8) ? PartKey.Image : PartKey.None;
            case 9: return key.SequenceEqual("image_url"u8) ? PartKey.Image : key.SequenceEqual("file_data"u8) ? PartKey.Media : PartKey.None;
            default: return PartKey.None;
        }
    }
}
