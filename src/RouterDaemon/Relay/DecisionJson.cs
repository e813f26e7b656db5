using System.Text.Json;
using RouterDaemon.Core.Routing;

namespace RouterDaemon.Relay;

/// <summary>Candidates of a decision as JSON: who was weighed with which terms, who was masked and why.</summary>
internal static class DecisionJson
{
    /// <summary>Writes <c>candidates</c>, best first, and <c>masked</c>.</summary>
    public static void WriteCandidates(Utf8JsonWriter json, Func<int, string> idOf, IReadOnlyList<CandidateReport> reports)
    {
        json.WriteStartArray("candidates");
        foreach (var report in reports.Where(r => r.Masked == MaskReason.None).OrderBy(r => r.Terms.TotalUsd))
        {
            json.WriteStartObject();
            json.WriteString("deployment", idOf(report.Deployment));
            json.WriteNumber("in_flight", report.InFlight);
            WriteTerms(json, report.Terms);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("masked");
        foreach (var report in reports.Where(r => r.Masked != MaskReason.None))
        {
            json.WriteStartObject();
            json.WriteString("deployment", idOf(report.Deployment));
            json.WriteStartArray("reasons");
            foreach (var reason in MaskReasons.Texts(report.Masked))
            {
                json.WriteStringValue(reason);
            }

            json.WriteEndArray();
            json.WriteNumber("in_flight", report.InFlight);
            WriteTerms(json, report.Terms);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTerms(Utf8JsonWriter json, in CandidateTerms terms)
    {
        Number(json, "ttft_ms", terms.TtftMs);
        Number(json, "queue_ms", terms.QueueMs);
        Number(json, "prefill_ms", terms.PrefillMs);
        Number(json, "itl_ms", terms.ItlMs);
        Number(json, "output_tokens", terms.OutputTokens);
        Number(json, "cached_tokens", terms.CachedTokens);
        Number(json, "miss_probability", terms.MissProbability);
        Number(json, "cost_usd", terms.CostUsd);
        json.WriteStartObject("terms_usd");
        Number(json, "money", terms.MoneyUsd);
        Number(json, "time", terms.TimeUsd);
        Number(json, "externality", terms.ExternalityUsd);
        Number(json, "slo_risk", terms.MissUsd);
        Number(json, "failure_risk", terms.FailureUsd);
        Number(json, "quality", terms.QualityUsd);
        Number(json, "affinity", terms.AffinityUsd);
        Number(json, "total", terms.TotalUsd);
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, float value)
    {
        if (float.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
