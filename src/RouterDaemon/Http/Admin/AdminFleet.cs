using System.Text.Json;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;
using RouterDaemon.Engine;
using RouterDaemon.Fleet;
using RouterDaemon.Relay;

namespace RouterDaemon.Http.Admin;

/// <summary><c>/admin/deployments</c>, <c>/admin/drain</c>, <c>/admin/undrain</c> and <c>/admin/slots</c>: what runs where, and taking a deployment out.</summary>
internal sealed class AdminFleet(FleetManager fleet, EngineHost engine, Clock clock)
{
    public ValueTask ListAsync(RequestContext context)
    {
        var state = fleet.Current;
        fleet.RefreshOnDevice(state);
        return JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("deployments");
            foreach (var deployment in state.Snapshot.Deployments)
            {
                Write(json, deployment);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public ValueTask DrainAsync(RequestContext context) => SetDrainedAsync(context, true);

    public ValueTask UndrainAsync(RequestContext context) => SetDrainedAsync(context, false);

    public async ValueTask SlotsAsync(RequestContext context)
    {
        List<(EngineModelStatus Model, IReadOnlyList<SlotState> Slots)> models = [];
        foreach (var model in engine.Status())
        {
            try
            {
                models.Add((model, await engine.GetSlotsAsync(model.Id, context.Http.RequestAborted).ConfigureAwait(false)));
            }
            catch (EngineException)
            {
                // A reload has just taken it away.
            }
        }

        await JsonAnswer.WriteAsync(context, 200, json => SlotsJson.Write(json, models)).ConfigureAwait(false);
    }

    private ValueTask SetDrainedAsync(RequestContext context, bool drained)
    {
        var id = Uri.UnescapeDataString(context.RouteValue);
        foreach (var deployment in fleet.Current.Snapshot.Deployments)
        {
            if (deployment.Id == id)
            {
                deployment.State.SetDrained(drained);
                return JsonAnswer.WriteAsync(context, 200, json => Write(json, deployment));
            }
        }

        throw new ApiException(new ApiError(404, "invalid_request_error", "not_found", $"There is no deployment \"{id}\"; GET /admin/deployments lists them."));
    }

    private void Write(Utf8JsonWriter json, DeploymentEntry deployment)
    {
        var state = deployment.State;
        var now = clock.NowNs;
        json.WriteStartObject();
        json.WriteString("id", deployment.Id);
        json.WriteString("model", deployment.ModelId);
        json.WriteString("backend", deployment.BackendId);
        json.WriteString("trust", Keys.KeyLimitsJson.TrustText(deployment.Trust));
        json.WriteBoolean("drained", state.IsDrained);
        json.WriteString("breaker", state.Breaker(now) switch
        {
            BreakerState.Open => "open",
            BreakerState.HalfOpen => "half_open",
            _ => "closed",
        });
        json.WriteNumber("usable_in_ms", Math.Max(0, (state.UsableFromNs - now) / 1_000_000));
        json.WriteNumber("in_flight", state.InFlight);
        json.WriteNumber("queue_depth", state.HasExactNumbers ? state.QueueDepth : state.Unanswered);
        json.WriteNumber("error_rate", Math.Round(state.ErrorRate, 6));
        WriteQuantiles(json, "ttft_ms", state.Ttft);
        WriteQuantiles(json, "itl_ms", state.Itl);
        WriteQuantiles(json, "latency_ms", state.Latency);
        if (deployment.OnDevice)
        {
            json.WriteBoolean("resident", state.Resident);
        }

        json.WriteEndObject();
    }

    private static void WriteQuantiles(Utf8JsonWriter json, string name, Core.Stats.LatencyHistogram histogram)
    {
        json.WriteStartObject(name);
        json.WriteNumber("count", histogram.Count);
        if (histogram.Count > 0)
        {
            json.WriteNumber("p50", Math.Round(histogram.Percentile(0.5), 3));
            json.WriteNumber("p99", Math.Round(histogram.Percentile(0.99), 3));
        }

        json.WriteEndObject();
    }
}
