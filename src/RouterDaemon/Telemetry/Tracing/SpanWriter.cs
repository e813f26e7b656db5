using System.Globalization;
using System.Text.Json;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Relay;

namespace RouterDaemon.Telemetry.Tracing;

/// <summary>
/// Writes traces as OTLP's <c>ExportTraceServiceRequest</c> in its JSON form: ids in hexadecimal, 64-bit numbers as strings, enumerations as numbers.
/// Attributes follow OpenTelemetry's GenAI conventions; the router's own begin with <c>routerd.</c>.
/// </summary>
internal sealed class SpanWriter(Utf8JsonWriter json)
{
    private const int KindServer = 2;
    private const int KindClient = 3;
    private const int StatusError = 2;

    /// <summary>Opens the message.</summary>
    public void Begin()
    {
        json.WriteStartObject();
        json.WriteStartArray("resourceSpans");
        json.WriteStartObject();
        json.WriteStartObject("resource");
        json.WriteStartArray("attributes");
        Text("service.name", "routerd");
        Text("service.version", BuildInfo.Version);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartArray("scopeSpans");
        json.WriteStartObject();
        json.WriteStartObject("scope");
        json.WriteString("name", "routerd");
        json.WriteString("version", BuildInfo.Version);
        json.WriteEndObject();
        json.WriteStartArray("spans");
    }

    /// <summary>Closes the message.</summary>
    public void End()
    {
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>Writes the span of a request and those of its attempts.</summary>
    public void Write(RequestTrace trace)
    {
        var startNs = trace.StartUnixMicros * 1000;
        var failed = trace.ErrorType != 0;
        BeginSpan(trace, trace.Context.SpanId, trace.ParentSpanId, Name(trace.Operation, trace.Model), KindServer, startNs, startNs + trace.DurationNs);
        Text("gen_ai.operation.name", trace.Operation);
        Text("gen_ai.request.model", trace.Model);
        Text("server.address", trace.ServerAddress);
        Text("routerd.request_id", trace.RequestId);
        Text("routerd.decision", trace.Decision);
        Integer("routerd.attempts", trace.AttemptCount);
        Integer("http.response.status_code", trace.HttpStatus);
        if (trace.Deployment is { } deployment)
        {
            Text("gen_ai.provider.name", GenAiNames.ProviderOf(deployment));
            Text("gen_ai.response.model", failed ? null : ResponseModel(trace, deployment));
            Text("routerd.deployment", deployment.Id);
            Integer("gen_ai.usage.input_tokens", trace.InputTokens);
            Integer("gen_ai.usage.output_tokens", trace.OutputTokens);
            if (trace.CachedTokens > 0)
            {
                Integer("gen_ai.usage.cache_read.input_tokens", trace.CachedTokens);
            }

            Number("routerd.ttft_ms", trace.TtftMs);
            Number("routerd.predicted_ttft_ms", trace.PredictedTtftMs);
            Number("routerd.cost_usd", trace.CostUsd);
        }

        if (GenAiNames.FinishReasonOf(trace.FinishReason) is { } reason)
        {
            Texts("gen_ai.response.finish_reasons", reason);
        }

        Text("error.type", ErrorTypes.NameOf(trace.ErrorType));
        EndSpan(failed);
        foreach (var attempt in trace.Attempts)
        {
            Write(trace, attempt, startNs);
        }
    }

    private void Write(RequestTrace trace, AttemptSpan attempt, long startNs)
    {
        var deployment = attempt.Deployment;
        BeginSpan(trace, attempt.SpanId, trace.Context.SpanId, Name(trace.Operation, deployment.UpstreamModel), KindClient,
            startNs + attempt.StartNs, startNs + Math.Max(attempt.StartNs, attempt.EndNs));
        Text("gen_ai.operation.name", trace.Operation);
        Text("gen_ai.provider.name", GenAiNames.ProviderOf(deployment));
        Text("gen_ai.request.model", deployment.UpstreamModel);
        Text("gen_ai.response.model", attempt.ResponseModel);
        foreach (var backend in trace.Config.Backends)
        {
            if (backend.Id == deployment.BackendId && backend.Url is { } url)
            {
                Text("server.address", url.Host);
                Integer("server.port", url.Port);
            }
        }

        Text("routerd.deployment", deployment.Id);
        if (attempt.Status != 0)
        {
            Integer("http.response.status_code", attempt.Status);
        }

        Text("error.type", ErrorTypes.NameOf((int)attempt.Error));
        // A race that was lost is no fault of anybody's.
        EndSpan(attempt.Error is not (RelayError.None or RelayError.HedgeLost));
    }

    private static string Name(string operation, string model) => model.Length > 0 ? $"{operation} {model}" : operation;

    private static string ResponseModel(RequestTrace trace, DeploymentEntry deployment)
    {
        foreach (var attempt in trace.Attempts)
        {
            if (attempt.Error == RelayError.None && attempt.ResponseModel is { } model)
            {
                return model;
            }
        }

        return deployment.UpstreamModel;
    }

    private void BeginSpan(RequestTrace trace, ulong id, ulong parentId, string name, int kind, long startUnixNs, long endUnixNs)
    {
        json.WriteStartObject();
        json.WriteString("traceId", $"{trace.Context.TraceHigh:x16}{trace.Context.TraceLow:x16}");
        json.WriteString("spanId", Hex(id));
        if (parentId != 0)
        {
            json.WriteString("parentSpanId", Hex(parentId));
        }

        json.WriteNumber("flags", 1);
        json.WriteString("name", name);
        json.WriteNumber("kind", kind);
        json.WriteString("startTimeUnixNano", startUnixNs.ToString(CultureInfo.InvariantCulture));
        json.WriteString("endTimeUnixNano", endUnixNs.ToString(CultureInfo.InvariantCulture));
        json.WriteStartArray("attributes");
    }

    private void EndSpan(bool failed)
    {
        json.WriteEndArray();
        json.WriteStartObject("status");
        if (failed)
        {
            // No message: an upstream's text may quote the prompt.
            json.WriteNumber("code", StatusError);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Hex(ulong id) => id.ToString("x16", CultureInfo.InvariantCulture);

    private void Key(string key)
    {
        json.WriteStartObject();
        json.WriteString("key", key);
        json.WriteStartObject("value");
    }

    private void EndValue()
    {
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void Text(string key, string? value)
    {
        if (value is { Length: > 0 })
        {
            Key(key);
            json.WriteString("stringValue", value);
            EndValue();
        }
    }

    private void Texts(string key, string value)
    {
        Key(key);
        json.WriteStartObject("arrayValue");
        json.WriteStartArray("values");
        json.WriteStartObject();
        json.WriteString("stringValue", value);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
        EndValue();
    }

    private void Integer(string key, long value)
    {
        Key(key);
        json.WriteString("intValue", value.ToString(CultureInfo.InvariantCulture));
        EndValue();
    }

    private void Number(string key, double value)
    {
        if (double.IsFinite(value))
        {
            Key(key);
            json.WriteNumber("doubleValue", value);
            EndValue();
        }
    }
}
