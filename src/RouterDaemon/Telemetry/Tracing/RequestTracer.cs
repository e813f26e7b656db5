using RouterDaemon.Relay;

namespace RouterDaemon.Telemetry.Tracing;

/// <summary>Makes the spans of requests while <c>telemetry.otlp</c> is set; without it a request costs one comparison.</summary>
internal sealed class RequestTracer(OtlpExporter exporter)
{
    // Not secret: ids need to be different, not unguessable.
    private ulong _state = BitConverter.ToUInt64(Guid.NewGuid().ToByteArray(), 8);

    /// <summary>The trace of a request that begins; null = it is not traced: tracing is off, or the client's trace is not sampled.</summary>
    public RequestTrace? Begin(InferenceCall call)
    {
        if (call.Fleet.Config.Telemetry.OtlpUrl is null)
        {
            return null;
        }

        if (!TraceContext.TryParse(call.Context.Http.Request.Headers.TraceParent is [{ } header] ? header : null, out var parent))
        {
            return new RequestTrace(new TraceContext(NewId(), NewId(), NewId(), isSampled: true), 0, call.Fleet.Config, NewId);
        }

        return parent.IsSampled ? new RequestTrace(parent.At(NewId()), parent.SpanId, call.Fleet.Config, NewId) : null;
    }

    /// <summary>The request is over: its spans go into the exporter's queue.</summary>
    public void End(InferenceCall call, RequestTrace trace)
    {
        trace.StartUnixMicros = call.Context.StartedUnixMicros;
        trace.DurationNs = call.ElapsedNs;
        trace.RequestId = call.Context.RequestId;
        trace.ServerAddress = call.Context.Http.Request.Host.Host ?? "";
        trace.Operation = GenAiNames.OperationOf(call.Operation);
        // Only names that exist: what else stands there may be anything.
        trace.Model = call.IsResolved ? call.ModelName : "";
        trace.Deployment = call.Deployment;
        trace.Decision = GenAiNames.DecisionOf(call.DecisionKind);
        trace.AttemptCount = call.Attempts;
        trace.HttpStatus = call.HttpStatus;
        trace.ErrorType = ErrorTypes.IndexOf(call);
        (trace.InputTokens, trace.CachedTokens, trace.OutputTokens) = (call.Usage.PromptTokens, call.Usage.CachedTokens, call.Usage.CompletionTokens);
        trace.FinishReason = call.FinishReason;
        trace.TtftMs = call.TtftMs;
        trace.PredictedTtftMs = call.Attempts > 0 ? call.Decision.WinnerTerms.TtftMs : double.NaN;
        trace.CostUsd = call.CostUsd;
        exporter.Add(trace);
    }

    /// <summary>SplitMix64 (Steele, Lea and Flood): every state gives another number, and none of them is 0 to W3C.</summary>
    private ulong NewId()
    {
        var z = Interlocked.Add(ref _state, 0x9E3779B97F4A7C15UL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        z ^= z >> 31;
        return z != 0 ? z : 1;
    }
}
