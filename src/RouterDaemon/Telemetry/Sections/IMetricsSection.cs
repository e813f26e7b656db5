using RouterDaemon.Fleet;

namespace RouterDaemon.Telemetry.Sections;

/// <summary>A part of <c>/metrics</c>, with names of its own.</summary>
internal interface IMetricsSection
{
    /// <summary>Writes its names and samples.</summary>
    void Write(PrometheusText text, FleetState fleet);
}
