namespace RouterDaemon.Http;

/// <summary>The wire language of a route: it decides the shape of requests, answers and error envelopes.</summary>
internal enum Dialect : byte
{
    /// <summary>OpenAI's: <c>{"error":{"message","type","param","code"}}</c>.</summary>
    OpenAi,

    /// <summary>Anthropic's: <c>{"type":"error","error":{"type","message"}}</c>.</summary>
    Anthropic,

    /// <summary>Ollama's: <c>{"error":"..."}</c>.</summary>
    Ollama,
}
