using RouterDaemon.Cache;
using RouterDaemon.Http;
using RouterDaemon.Relay;

namespace RouterDaemon.Tests.Cache;

/// <summary>Answers for tests.</summary>
internal static class Answers
{
    public static CachedAnswer Of(int bytes, long storedUnixMs = 0, bool stream = false) => new()
    {
        Body = new byte[bytes],
        Dialect = Dialect.OpenAi,
        IsStream = stream,
        DeploymentId = "m/a",
        Usage = new TokenUsage { PromptTokens = 7, CachedTokens = -1, CompletionTokens = 3, IsReported = true },
        StoredUnixMs = storedUnixMs,
    };
}
