namespace RouterDaemon.Bench.Mock;

/// <summary>What the mock upstream does with one request. Immutable; vary it with <c>with</c>.</summary>
public sealed record MockBehaviour
{
    /// <summary><see cref="FaultAt"/>: before the status line.</summary>
    public const int BeforeHead = -2;

    /// <summary><see cref="FaultAt"/>: after the head (and a stream's role chunk), before the first content.</summary>
    public const int BeforeContent = 0;

    /// <summary>Wait before the status line, milliseconds.</summary>
    public double LatencyMs { get; init; }

    /// <summary>Uniform jitter added to <see cref="LatencyMs"/>, 0..this many milliseconds.</summary>
    public double JitterMs { get; init; }

    /// <summary>Streams: wait between head and first content, milliseconds.</summary>
    public double FirstTokenMs { get; init; }

    /// <summary>Streams: content chunks per second; 0 = as fast as the socket takes them.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>The answer; a stream sends it word by word, one word counts as one token.</summary>
    public string Answer { get; init; } = "The mock upstream answers.";

    /// <summary>Above 0: the answer is this many short words instead of <see cref="Answer"/>.</summary>
    public int AnswerTokens { get; init; }

    /// <summary>Streams: each word is <c>@</c> and the sender's monotonic clock, from which a load generator on the same machine reads the
    /// time that a chunk took.</summary>
    public bool Stamps { get; init; }

    /// <summary>Sent as <c>reasoning_content</c> before the answer; null = none.</summary>
    public string? Reasoning { get; init; }

    /// <summary>Name of a tool to call instead of answering; null = none.</summary>
    public string? ToolName { get; init; }

    /// <summary>Arguments of the tool call, a JSON text.</summary>
    public string ToolArguments { get; init; } = "{}";

    /// <summary>When <c>usage</c> is sent.</summary>
    public MockUsage Usage { get; init; }

    /// <summary>Prompt tokens reported; 0 = a quarter of the request's bytes.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Prompt tokens reported as prefix cache hits.</summary>
    public int CachedTokens { get; init; }

    /// <summary>HTTP status; other than 200 sends <see cref="ErrorBody"/>.</summary>
    public int Status { get; init; } = 200;

    /// <summary>Body of a status other than 200.</summary>
    public string ErrorBody { get; init; } = "";

    /// <summary>Content type of <see cref="ErrorBody"/>.</summary>
    public string ErrorContentType { get; init; } = "application/json";

    /// <summary>Further response header lines, each <c>name: value</c>.</summary>
    public IReadOnlyList<string> Headers { get; init; } = [];

    /// <summary>What goes wrong.</summary>
    public MockFault Fault { get; init; }

    /// <summary>Content chunks sent before the fault (a body that is not streamed: above 0 = half of it);
    /// <see cref="BeforeHead"/> or <see cref="BeforeContent"/> for earlier places.</summary>
    public int FaultAt { get; init; }

    /// <summary>The connection is closed after so many bytes of the answer, head included; negative = off.</summary>
    public long CutAfterBytes { get; init; } = -1;

    /// <summary>Milliseconds between the bytes of a slow head.</summary>
    public int SlowHeaderMs { get; init; } = 20;

    /// <summary>Answer streams up to the connection's end instead of with chunked encoding.</summary>
    public bool CloseDelimited { get; init; }

    /// <summary>Close the connection after the answer and say so.</summary>
    public bool ConnectionClose { get; init; }

    /// <summary>A correct answer.</summary>
    public static MockBehaviour Ok(string answer) => new() { Answer = answer };

    /// <summary>An answer that goes wrong at a place, see <see cref="FaultAt"/>.</summary>
    public static MockBehaviour Broken(MockFault fault, int at = BeforeContent) => new() { Fault = fault, FaultAt = at };

    /// <summary>An error in OpenAI's envelope.</summary>
    public static MockBehaviour Error(int status, string message, string type = "server_error", string? code = null) => new()
    {
        Status = status,
        ErrorBody = MockJson.Error(message, type, code),
    };

    /// <summary>429 at once.</summary>
    /// <param name="retryAfterSeconds">Value of <c>Retry-After</c>; negative leaves the header out.</param>
    public static MockBehaviour RateLimited(int retryAfterSeconds) => Error(429, "Rate limit reached", "RateLimitError", "rate_limit_exceeded") with
    {
        Headers = retryAfterSeconds < 0 ? [] : [$"Retry-After: {retryAfterSeconds}"],
    };

    /// <summary>An error of llm-d's endpoint picker: plain text, never <c>Retry-After</c>, the reason in a header.</summary>
    public static MockBehaviour LlmD(int status, string code, string message, string? droppedReason) => new()
    {
        Status = status,
        ErrorBody = $"inference error: {code} - {message}",
        ErrorContentType = "text/plain",
        Headers = droppedReason is null ? [] : [$"x-llm-d-request-dropped-reason: {droppedReason}"],
    };
}
