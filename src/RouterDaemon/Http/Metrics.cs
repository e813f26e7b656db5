using RouterDaemon.Fleet;
using RouterDaemon.Telemetry;
using RouterDaemon.Telemetry.Sections;

namespace RouterDaemon.Http;

/// <summary><c>GET /metrics</c>: everything that is counted, in Prometheus' text format.</summary>
internal sealed class Metrics(FleetManager fleet, IReadOnlyList<IMetricsSection> sections)
{
    public ValueTask GetAsync(RequestContext context)
    {
        var state = fleet.Current;
        if (!state.Config.Telemetry.Metrics)
        {
            throw new ApiException(ApiError.NotFound("/metrics"));
        }

        fleet.RefreshOnDevice(state);
        var text = new PrometheusText();
        foreach (var section in sections)
        {
            section.Write(text, state);
        }

        var response = context.Http.Response;
        response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return response.Body.WriteAsync(text.ToBytes(), context.Http.RequestAborted);
    }
}
