namespace RouterDaemon.Core.Wire;

/// <summary>What <c>response_format</c> (OpenAI), <c>text.format</c> (Responses) or <c>format</c> (Ollama) asks for.</summary>
public enum ResponseFormatKind : byte
{
    /// <summary>Absent, null or <c>text</c>.</summary>
    Text = 0,

    /// <summary>Any JSON object.</summary>
    JsonObject = 1,

    /// <summary>JSON that follows a schema.</summary>
    JsonSchema = 2,

    /// <summary>A kind this version does not know; forwarded as it is.</summary>
    Other = 3,
}
