using System.Globalization;
using System.Text;
using RouterDaemon.Cache;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Routing;
using RouterDaemon.Core.State;
using RouterDaemon.Fleet;
using RouterDaemon.Relay;
using RouterDaemon.Store.Journal;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Http;

/// <summary><c>GET /metrics</c>: the fleet in Prometheus' text format, version 0.0.4.</summary>
internal sealed class Metrics(FleetManager fleet, Router router, DecisionRecorder decisions, RequestJournal journal, ResponseCache cache, Clock clock)
{
    private static readonly double[] Quantiles = [0.5, 0.95, 0.99];

    public ValueTask GetAsync(RequestContext context)
    {
        var state = fleet.Current;
        if (!state.Config.Telemetry.Metrics)
        {
            throw new ApiException(ApiError.NotFound("/metrics"));
        }

        fleet.RefreshOnDevice(state);
        var text = new StringBuilder(4096);
        var deployments = state.Snapshot.Deployments;
        Gauge(text, deployments, "routerd_deployment_in_flight", "Requests chosen and not finished.", d => d.State.InFlight);
        Gauge(text, deployments, "routerd_deployment_error_rate", "Share of failed requests, decayed with a half-life of 20 s.", d => d.State.ErrorRate);
        Gauge(text, deployments, "routerd_deployment_breaker_open", "1 while the circuit breaker keeps requests away.",
            d => d.State.Breaker(clock.NowNs) == BreakerState.Open ? 1 : 0);
        Gauge(text, deployments, "routerd_deployment_queue_depth", "Requests without a first token; on-device: waiting for a slot.",
            d => d.State.HasExactNumbers ? d.State.QueueDepth : d.State.Unanswered);
        Summary(text, deployments, "routerd_time_to_first_token_seconds", "Time to the first token, last 5 minutes.", d => d.State.Ttft);
        Summary(text, deployments, "routerd_time_per_output_token_seconds", "Time between output tokens, last 5 minutes.", d => d.State.Itl);
        Summary(text, deployments, "routerd_request_duration_seconds", "Whole requests, last 5 minutes.", d => d.State.Latency);
        Single(text, "routerd_decisions_total", "counter", "Routing decisions, retries and hedges included.", router.Decisions);
        Single(text, "routerd_decision_samples_discarded_total", "counter", "Decisions whose record was dropped because a state moved meanwhile.", decisions.Discarded);
        Spending(text, fleet.Budgets.All);
        Single(text, "routerd_hedges_total", "counter", "Requests sent to a second deployment because the first token was late.", router.Hedges);
        CacheMetrics.Write(text, cache);
        Single(text, "routerd_journal_backlog", "gauge", "Records not yet in SQLite.", journal.Backlog);
        Single(text, "routerd_journal_dropped_total", "counter", "Records that found the journal full.", journal.Dropped);
        Single(text, "routerd_allocated_bytes_total", "counter", "Managed memory allocated since the start.", GC.GetTotalAllocatedBytes());

        var response = context.Http.Response;
        response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return response.Body.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), context.Http.RequestAborted);
    }

    private static void Gauge(StringBuilder text, DeploymentEntry[] deployments, string name, string help, Func<DeploymentEntry, double> value)
    {
        Head(text, name, "gauge", help);
        foreach (var deployment in deployments)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}{{deployment=\"{Label(deployment.Id)}\"}} {value(deployment)}\n");
        }
    }

    private static void Summary(
        StringBuilder text, DeploymentEntry[] deployments, string name, string help, Func<DeploymentEntry, Core.Stats.LatencyHistogram> histogram)
    {
        Head(text, name, "summary", help);
        foreach (var deployment in deployments)
        {
            var values = histogram(deployment);
            var label = Label(deployment.Id);
            foreach (var quantile in values.Count > 0 ? Quantiles : [])
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}{{deployment=\"{label}\",quantile=\"{quantile}\"}} {values.Percentile(quantile) / 1000}\n");
            }

            text.Append(CultureInfo.InvariantCulture, $"{name}_count{{deployment=\"{label}\"}} {values.Count}\n");
        }
    }

    private static void Spending(StringBuilder text, IReadOnlyList<Budget> budgets)
    {
        (string Name, string Help, Func<Budget, double> Value)[] rows =
        [
            ("routerd_budget_limit_usd", "Most money of the present period.", static b => b.State.LimitUsd),
            ("routerd_budget_spent_usd", "Money spent in the present period.", static b => b.State.SpentUsd),
            ("routerd_budget_pressure", "How much dearer money counts because it is spent too fast.", static b => b.State.Pressure),
        ];
        foreach (var (name, help, value) in budgets.Count > 0 ? rows : [])
        {
            Head(text, name, "gauge", help);
            foreach (var budget in budgets)
            {
                text.Append(CultureInfo.InvariantCulture, $"{name}{{budget=\"{Label(budget.Config.Id)}\"}} {value(budget)}\n");
            }
        }
    }

    private static void Single(StringBuilder text, string name, string type, string help, long value)
    {
        Head(text, name, type, help);
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    private static void Head(StringBuilder text, string name, string type, string help) =>
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private static string Label(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
