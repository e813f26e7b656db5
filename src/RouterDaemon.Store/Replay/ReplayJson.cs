using System.Text.Json;

namespace RouterDaemon.Store.Replay;

/// <summary>A replay's report as JSON; numbers that are not known are null.</summary>
public static class ReplayJson
{
    /// <summary>Writes one object.</summary>
    public static void Write(Utf8JsonWriter json, ReplayReport report)
    {
        json.WriteStartObject();
        json.WriteString("since", Rfc3339.Format(report.Since));
        json.WriteString("until", Rfc3339.Format(report.Until));
        json.WriteNumber("requests", report.Requests);
        json.WriteStartArray("calibration");
        foreach (var row in report.Calibration)
        {
            json.WriteStartObject();
            json.WriteString("deployment", row.DeploymentId);
            json.WriteNumber("requests", row.Requests);
            json.WriteNumber("failed", row.Failed);
            WriteError(json, "ttft", row.Ttft);
            WriteError(json, "itl", row.Itl);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("samples");
        json.WriteNumber("recorded", report.Samples);
        json.WriteNumber("reproduced", report.Reproduced);
        json.WriteNumber("other_format", report.OtherFormat);
        json.WriteStartArray("different");
        foreach (var id in report.Different)
        {
            json.WriteStringValue(id);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartArray("policies");
        foreach (var policy in report.Policies)
        {
            WritePolicy(json, policy);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WritePolicy(Utf8JsonWriter json, PolicyComparison policy)
    {
        json.WriteStartObject();
        json.WriteString("name", policy.Name);
        json.WriteNumber("decisions", policy.Decisions);
        Number(json, "agreement", policy.Agreement);
        json.WriteStartObject("ttft_ms");
        Number(json, "mean", policy.TtftMeanMs);
        Number(json, "p50", policy.TtftP50Ms);
        Number(json, "p90", policy.TtftP90Ms);
        json.WriteEndObject();
        Number(json, "cost_usd_per_1k", policy.CostUsdPer1k);
        Number(json, "regret_usd_per_1k", policy.RegretUsdPer1k);
        Number(json, "regret_p90_usd", policy.RegretP90Usd);
        json.WriteNumber("worse", policy.Worse);
        json.WriteStartObject("choices");
        foreach (var (deployment, count) in policy.Choices)
        {
            json.WriteNumber(deployment, count);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteError(Utf8JsonWriter json, string name, PredictionError error)
    {
        json.WriteStartObject(name);
        json.WriteNumber("samples", error.Samples);
        Number(json, "bias_ms", error.BiasMs);
        Number(json, "p50_error_ms", error.P50ErrorMs);
        Number(json, "p90_error_ms", error.P90ErrorMs);
        Number(json, "median_ratio", error.MedianRatio);
        Number(json, "p50_measured_ms", error.P50MeasuredMs);
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, Math.Round(value, 6));
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
