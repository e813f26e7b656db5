using RouterDaemon.Fleet;
using RouterDaemon.Telemetry.Tracing;

namespace RouterDaemon.Telemetry.Sections;

/// <summary>What became of spans.</summary>
internal sealed class TraceSection(OtlpExporter exporter) : IMetricsSection
{
    public void Write(PrometheusText text, FleetState fleet)
    {
        text.Single("routerd_spans_exported_total", "counter", "Spans that an OTLP collector took.", exporter.Exported);
        text.Single("routerd_spans_dropped_total", "counter", "Spans that found the queue full, or that no collector took.", exporter.Dropped);
    }
}
