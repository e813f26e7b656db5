using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Wire;

namespace RouterDaemon.Telemetry.Tracing;

/// <summary>The spans of one request: names, times and numbers, never what was asked or answered.</summary>
internal sealed class RequestTrace(TraceContext context, ulong parentSpanId, RouterdConfig config, Func<ulong> newSpanId)
{
    private readonly Lock _lock = new();
    private readonly List<AttemptSpan> _attempts = new(1);

    /// <summary>The trace, and the id of the request's own span.</summary>
    public TraceContext Context => context;

    /// <summary>The client's span; 0 = the trace begins here.</summary>
    public ulong ParentSpanId => parentSpanId;

    /// <summary>The configuration that the request ran under.</summary>
    public RouterdConfig Config => config;

    /// <summary>Attempts in the order they began. Read once the request is over.</summary>
    public IReadOnlyList<AttemptSpan> Attempts => _attempts;

    /// <summary>Arrival, microseconds since 1970.</summary>
    public long StartUnixMicros { get; set; }

    /// <summary>Nanoseconds from arrival to the end.</summary>
    public long DurationNs { get; set; }

    /// <summary>As in <c>x-request-id</c>.</summary>
    public string RequestId { get; set; } = "";

    /// <summary>The host that the client addressed.</summary>
    public string ServerAddress { get; set; } = "";

    /// <summary><c>gen_ai.operation.name</c>.</summary>
    public string Operation { get; set; } = "";

    /// <summary>The name that was asked for; "" = it is not in the fleet.</summary>
    public string Model { get; set; } = "";

    /// <summary>Where the request ended; null = nowhere.</summary>
    public DeploymentEntry? Deployment { get; set; }

    /// <summary>As in <c>x-routerd-decision</c>; null = none was made.</summary>
    public string? Decision { get; set; }

    /// <summary>Attempts begun.</summary>
    public int AttemptCount { get; set; }

    /// <summary>Status sent to the client.</summary>
    public int HttpStatus { get; set; }

    /// <summary>A value of <see cref="ErrorTypes"/>; 0 = success.</summary>
    public int ErrorType { get; set; }

    /// <summary>Prompt tokens.</summary>
    public int InputTokens { get; set; }

    /// <summary>Of these, from a prefix cache.</summary>
    public int CachedTokens { get; set; }

    /// <summary>Answer tokens.</summary>
    public int OutputTokens { get; set; }

    /// <summary>Why the model stopped.</summary>
    public FinishReason FinishReason { get; set; }

    /// <summary>Arrival to first content, milliseconds; NaN = there was none.</summary>
    public double TtftMs { get; set; }

    /// <summary>What the decision expected of <see cref="TtftMs"/>; NaN = no decision.</summary>
    public double PredictedTtftMs { get; set; }

    /// <summary>What all attempts cost, USD.</summary>
    public double CostUsd { get; set; }

    /// <summary>Begins the span of an attempt.</summary>
    public AttemptSpan BeginAttempt(DeploymentEntry deployment, long startNs)
    {
        var span = new AttemptSpan(newSpanId(), deployment, startNs);
        lock (_lock)
        {
            _attempts.Add(span);
        }

        return span;
    }

    /// <summary>What an upstream gets as <c>traceparent</c>.</summary>
    public string ParentFor(AttemptSpan attempt) => context.At(attempt.SpanId).ToString();
}
