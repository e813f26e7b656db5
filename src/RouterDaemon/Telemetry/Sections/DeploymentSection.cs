using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;
using RouterDaemon.Core.Stats;
using RouterDaemon.Fleet;
using RouterDaemon.Relay;

namespace RouterDaemon.Telemetry.Sections;

/// <summary>Gauges and recent percentiles of each deployment: what decisions go by.</summary>
internal sealed class DeploymentSection(Clock clock) : IMetricsSection
{
    private static readonly double[] Quantiles = [0.5, 0.95, 0.99];

    public void Write(PrometheusText text, FleetState fleet)
    {
        var deployments = fleet.Snapshot.Deployments;
        Gauge(text, deployments, "routerd_deployment_in_flight", "Requests chosen and not finished.", d => d.State.InFlight);
        Gauge(text, deployments, "routerd_deployment_error_rate", "Share of failed requests, decayed with a half-life of 20 s.", d => d.State.ErrorRate);
        Gauge(text, deployments, "routerd_deployment_breaker_open", "1 while the circuit breaker keeps requests away.",
            d => d.State.Breaker(clock.NowNs) == BreakerState.Open ? 1 : 0);
        Gauge(text, deployments, "routerd_deployment_breaker_state", "0 = closed, 1 = half open (a trial decides), 2 = open.", d => d.State.Breaker(clock.NowNs) switch
        {
            BreakerState.Open => 2,
            BreakerState.HalfOpen => 1,
            _ => 0,
        });
        Gauge(text, deployments, "routerd_deployment_queue_depth", "Requests without a first token; on-device: waiting for a slot.",
            d => d.State.HasExactNumbers ? d.State.QueueDepth : d.State.Unanswered);
        Summary(text, deployments, "routerd_time_to_first_token_seconds", "Time to the first token, last 5 minutes.", d => d.State.Ttft);
        Summary(text, deployments, "routerd_time_per_output_token_seconds", "Time between output tokens, last 5 minutes.", d => d.State.Itl);
        Summary(text, deployments, "routerd_request_duration_seconds", "Whole requests, last 5 minutes.", d => d.State.Latency);
    }

    private static void Gauge(PrometheusText text, DeploymentEntry[] deployments, string name, string help, Func<DeploymentEntry, double> value)
    {
        text.Head(name, "gauge", help);
        foreach (var deployment in deployments)
        {
            text.Sample(name, PrometheusText.Label("deployment", deployment.Id), value(deployment));
        }
    }

    private static void Summary(PrometheusText text, DeploymentEntry[] deployments, string name, string help, Func<DeploymentEntry, LatencyHistogram> histogram)
    {
        text.Head(name, "summary", help);
        foreach (var deployment in deployments)
        {
            var values = histogram(deployment);
            var label = PrometheusText.Label("deployment", deployment.Id);
            foreach (var quantile in values.Count > 0 ? Quantiles : [])
            {
                text.Sample(name, FormattableString.Invariant($"{label},quantile=\"{quantile}\""), values.Percentile(quantile) / 1000);
            }

            text.Sample(name + "_count", label, values.Count);
        }
    }
}
