using System.Collections.Concurrent;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Relay;
using RouterDaemon.Store.Journal;

namespace RouterDaemon.Telemetry;

/// <summary>Counts requests where they are recorded. Labels are names of the fleet only, so that clients cannot make series.</summary>
internal sealed class RequestMeters
{
    private readonly ConcurrentDictionary<string, DeploymentMeter> _meters = new(StringComparer.Ordinal);

    /// <summary>Requests that never had a deployment: refused, or nothing was usable.</summary>
    public StatusCounts Unrouted { get; } = new();

    /// <summary>The counters of a deployment; null = it had no request yet.</summary>
    public DeploymentMeter? Find(string deploymentId) => _meters.GetValueOrDefault(deploymentId);

    /// <summary>Counts a request that has ended.</summary>
    public void Count(InferenceCall call, double latencyMs, double costUsd)
    {
        if (call.Attempts == 0)
        {
            Unrouted.Add(call.HttpStatus);
            return;
        }

        var meter = Of(call, call.Decision.Winner);
        meter.Statuses.Add(call.HttpStatus);
        meter.AddUsage(call.Usage.PromptTokens, call.Usage.CachedTokens, call.Usage.CompletionTokens, costUsd);
        if (call.DecisionKind == DecisionKind.Fallback)
        {
            meter.AddFallback();
        }

        var operation = meter.Of(call.Operation);
        operation.Duration(ErrorTypes.IndexOf(call)).Record(latencyMs * 1e-3);
        operation.FirstToken.Record(call.TtftMs * 1e-3);
        operation.PerToken.Record(call.ItlMs > 0 ? call.ItlMs * 1e-3 : double.NaN);
        if (call.Usage.PromptTokens > 0)
        {
            operation.InputTokens.Record(call.Usage.PromptTokens);
        }

        if (call.Usage.CompletionTokens > 0)
        {
            operation.OutputTokens.Record(call.Usage.CompletionTokens);
        }
    }

    /// <summary>Counts an attempt whose request goes on elsewhere.</summary>
    public void CountFailedAttempt(InferenceCall call, RelayError error, double costUsd)
    {
        var meter = Of(call, call.Decision.Winner);
        meter.AddRetry((int)error);
        meter.AddUsage(call.Usage.PromptTokens, call.Usage.CachedTokens, call.Usage.CompletionTokens, costUsd);
    }

    /// <summary>Counts the time in the router before the first attempt.</summary>
    public void CountOverhead(InferenceCall call, int deployment, long overheadNs) => Of(call, deployment).Overhead.Record(overheadNs * 1e-9);

    private DeploymentMeter Of(InferenceCall call, int deployment)
    {
        // Two threads may both fill it: what they find is the same.
        var meters = call.Fleet.Meters ??= new DeploymentMeter?[call.Fleet.Snapshot.Deployments.Length];
        return meters[deployment] ??= Of(call.Fleet.Snapshot.Deployments[deployment]);
    }

    private DeploymentMeter Of(DeploymentEntry deployment) => _meters.GetOrAdd(deployment.Id, static _ => new DeploymentMeter());
}
