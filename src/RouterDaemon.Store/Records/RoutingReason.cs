using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using RouterDaemon.Store.Journal;

namespace RouterDaemon.Store.Records;

/// <summary>Writes the documented <c>routing_reason</c> object and the decision part of <c>r_outcomes</c>.</summary>
internal sealed class RoutingReason(RequestJournal journal) : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json = new(Stream.Null);
    private readonly StringBuilder _sentence = new(256);

    /// <summary>The object's text; valid until the next call.</summary>
    public ReadOnlySpan<byte> Reason(in RequestRecord record)
    {
        var json = Begin();
        json.WriteStartObject();
        json.WriteString("user_tier", UserTierNames.Of(record.Tier));
        if (record.LatencySlaMs > 0)
        {
            json.WriteNumber("latency_sla_ms", record.LatencySlaMs);
        }
        else
        {
            json.WriteNull("latency_sla_ms");
        }

        json.WriteStartArray("options_considered");
        for (var i = 0; i < Math.Min((int)record.OptionCount, ConsideredOptions.Capacity); i++)
        {
            WriteOption(json, record.Options[i]);
        }

        json.WriteEndArray();
        json.WriteString("decision", Sentence(record));
        json.WriteEndObject();
        json.Flush();
        return _buffer.WrittenSpan;
    }

    /// <summary>The decision's text; valid until the next call.</summary>
    public ReadOnlySpan<byte> Decision(in RequestRecord record)
    {
        var json = Begin();
        json.WriteStartObject();
        WriteTerms(json, "winner", record.Winner);
        WriteTerms(json, "runner_up", record.RunnerUp);
        json.WriteEndObject();
        json.Flush();
        return _buffer.WrittenSpan;
    }

    public void Dispose() => _json.Dispose();

    private Utf8JsonWriter Begin()
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        return _json;
    }

    private void WriteOption(Utf8JsonWriter json, in ConsideredOption option)
    {
        json.WriteStartObject();
        json.WriteString("deployment", journal.Name(option.DeploymentName));
        if (float.IsFinite(option.EstimatedLatencyMs))
        {
            json.WriteNumber("estimated_latency_ms", (long)Math.Round(option.EstimatedLatencyMs));
        }
        else
        {
            json.WriteNull("estimated_latency_ms");
        }

        json.WriteBoolean("available", option.Available != 0);
        if (option.ReasonName != 0)
        {
            json.WriteString("reason", journal.Name(option.ReasonName));
        }

        json.WriteEndObject();
    }

    private static void WriteTerms(Utf8JsonWriter json, string name, in DecisionTerms terms)
    {
        json.WriteStartObject(name);
        WriteFinite(json, "money_usd", terms.MoneyUsd);
        WriteFinite(json, "time_usd", terms.TimeUsd);
        WriteFinite(json, "externality_usd", terms.ExternalityUsd);
        WriteFinite(json, "risk_usd", terms.RiskUsd);
        WriteFinite(json, "quality_usd", terms.QualityUsd);
        WriteFinite(json, "total_usd", terms.TotalUsd);
        json.WriteEndObject();
    }

    private static void WriteFinite(Utf8JsonWriter json, string name, float value)
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

    private string Sentence(in RequestRecord record)
    {
        var text = _sentence.Clear().Append(record.Decision switch
        {
            DecisionKind.Fallback => "fell back to ",
            DecisionKind.Hedged => "a hedge won at ",
            _ => "chose ",
        });
        text.Append(journal.Name(record.DeploymentName));
        if (record.PolicyName != 0)
        {
            text.Append(" by policy ").Append(journal.Name(record.PolicyName));
        }

        if (double.IsFinite(record.PredictedTtftMs))
        {
            text.Append(CultureInfo.InvariantCulture, $", predicted TTFT {record.PredictedTtftMs:0} ms");
        }

        if (double.IsFinite(record.PredictedCostUsd))
        {
            text.Append(CultureInfo.InvariantCulture, $", predicted cost {record.PredictedCostUsd:0.######} USD");
        }

        if (record.RunnerUpName != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"; runner-up {journal.Name(record.RunnerUpName)}");
            var margin = record.RunnerUp.TotalUsd - record.Winner.TotalUsd;
            if (float.IsFinite(margin) && margin > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $" priced {margin:0.######} USD higher");
            }
        }

        return text.ToString();
    }
}
