namespace RouterDaemon.Store.Records;

/// <summary>Bounds of the conversations that are kept for <c>previous_response_id</c>.</summary>
public static class ResponseLimits
{
    /// <summary>Conversations kept; the oldest go first. 10,000.</summary>
    public const int MaxCount = 10_000;

    /// <summary>Bytes of one conversation; a larger one is not kept. 8 MiB.</summary>
    public const int MaxConversationBytes = 8 * 1024 * 1024;

    /// <summary>Bytes of all conversations together; the oldest go first. 256 MiB.</summary>
    public const long MaxTotalBytes = 256L * 1024 * 1024;

    /// <summary>How long one is kept: 30 days, as OpenAI keeps its own.</summary>
    public static readonly TimeSpan KeepFor = TimeSpan.FromDays(30);
}
