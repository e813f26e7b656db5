namespace RouterDaemon.Relay.Translation.Anthropic;

/// <summary>Why a model stopped, in both dialects' words.</summary>
internal static class StopReasons
{
    /// <summary>Anthropic's word for OpenAI's.</summary>
    public static string FromChat(string? finishReason, string? stopSequence, bool hasToolCalls) => finishReason switch
    {
        "length" => "max_tokens",
        "tool_calls" or "function_call" => "tool_use",
        "content_filter" => "refusal",
        // Servers that say "stop" behind tool calls mean the calls.
        _ when hasToolCalls => "tool_use",
        _ => stopSequence is null ? "end_turn" : "stop_sequence",
    };

    /// <summary>OpenAI's word for Anthropic's.</summary>
    public static string ToChat(string? stopReason) => stopReason switch
    {
        "max_tokens" or "model_context_window_exceeded" => "length",
        "tool_use" => "tool_calls",
        "refusal" => "content_filter",
        _ => "stop",
    };
}
