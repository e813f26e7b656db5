namespace RouterDaemon.Core.Fleet;

/// <summary>What a deployment can do and a request can need; one bit each, so that the mask is one AND.</summary>
[Flags]
public enum Capability : uint
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Chat messages.</summary>
    Chat = 1 << 0,

    /// <summary>Plain text completion.</summary>
    Completion = 1 << 1,

    /// <summary>Tool definitions and tool calls.</summary>
    Tools = 1 << 2,

    /// <summary><c>response_format</c> of kind <c>json_object</c>.</summary>
    JsonObject = 1 << 3,

    /// <summary><c>response_format</c> of kind <c>json_schema</c>.</summary>
    JsonSchema = 1 << 4,

    /// <summary>Images in messages.</summary>
    Vision = 1 << 5,

    /// <summary>Embeddings.</summary>
    Embeddings = 1 << 6,

    /// <summary>Reranking.</summary>
    Rerank = 1 << 7,

    /// <summary>Fill in the middle.</summary>
    Infill = 1 << 8,

    /// <summary>Continue an assistant message that was begun.</summary>
    ContinueAssistant = 1 << 9,

    /// <summary>Log probabilities of tokens.</summary>
    LogProbs = 1 << 10,

    /// <summary>Audio in messages.</summary>
    Audio = 1 << 11,

    /// <summary>Anthropic's Messages as they are, for what no other dialect can say.</summary>
    AnthropicMessages = 1 << 12,
}
