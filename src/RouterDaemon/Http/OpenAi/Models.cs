using RouterDaemon.Config;
using System.Text;
using System.Text.Json;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.State;
using RouterDaemon.Fleet;
using RouterDaemon.Keys;
using RouterDaemon.Relay;

namespace RouterDaemon.Http.OpenAi;

/// <summary><c>GET /v1/models</c>: virtual models, models, then every deployment with what is known of it.</summary>
internal sealed class Models(FleetManager fleet, Clock clock, long startedUnixSeconds)
{
    public ValueTask ListAsync(RequestContext context)
    {
        var state = fleet.Current;
        fleet.RefreshOnDevice(state);
        if (Anthropic.ModelList.IsAsked(context))
        {
            return Anthropic.ModelList.WriteAsync(context, state, startedUnixSeconds);
        }

        return JsonAnswer.WriteAsync(context, 200, json =>
        {
            json.WriteStartObject();
            json.WriteString("object", "list");
            json.WriteStartArray("data");
            foreach (var model in state.Config.VirtualModels)
            {
                WriteNamed(json, state, model.Id, context.Key);
            }

            foreach (var model in state.Snapshot.Deployments.Select(d => d.ModelId).Distinct(StringComparer.Ordinal))
            {
                WriteNamed(json, state, model, context.Key);
            }

            foreach (var deployment in state.Snapshot.Deployments)
            {
                if (context.Key?.Limits.Allows(deployment) != false)
                {
                    WriteDeployment(json, deployment.Id, deployment);
                }
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    public ValueTask GetAsync(RequestContext context)
    {
        var state = fleet.Current;
        fleet.RefreshOnDevice(state);
        var name = Uri.UnescapeDataString(context.RouteValue);
        if (!state.Names.TryResolve(Encoding.UTF8.GetBytes(name), out var target) || context.Key?.Limits.Allows(name, target, state) == false)
        {
            throw new ApiException(ApiError.ModelNotFound($"There is no model \"{name}\"."));
        }

        if (Anthropic.ModelList.IsAsked(context))
        {
            return Anthropic.ModelList.WriteOneAsync(context, name, startedUnixSeconds);
        }

        return JsonAnswer.WriteAsync(context, 200, json =>
        {
            if (target.VirtualModel is { } virtualModel)
            {
                WriteNamed(json, state, virtualModel, context.Key);
            }
            else if (target.Candidates.Count == 1)
            {
                WriteDeployment(json, name, state.Snapshot.Deployments[target.Candidates.Numbers[0]]);
            }
            else
            {
                WriteGroup(json, state, name, target);
            }
        });
    }

    /// <summary>A virtual model, or a model with all its deployments.</summary>
    private void WriteNamed(Utf8JsonWriter json, FleetState state, string name, ApiKey? key)
    {
        if (state.Names.TryResolve(Encoding.UTF8.GetBytes(name), out var target) && key?.Limits.Allows(name, target, state) != false)
        {
            WriteGroup(json, state, name, target);
        }
    }

    private void WriteGroup(Utf8JsonWriter json, FleetState state, string name, NameTarget target)
    {
        json.WriteStartObject();
        WriteHead(json, name, "routerd");
        json.WriteStartArray("deployments");
        foreach (var candidate in target.Candidates.Numbers)
        {
            json.WriteStringValue(state.Snapshot.Deployments[candidate].Id);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteDeployment(Utf8JsonWriter json, string name, DeploymentEntry deployment)
    {
        json.WriteStartObject();
        WriteHead(json, name, deployment.BackendId);
        json.WriteString("model", deployment.ModelId);
        if (deployment.ContextTokens > 0)
        {
            json.WriteNumber("context_length", deployment.ContextTokens);
        }

        json.WriteStartArray("capabilities");
        foreach (var capability in CapabilityNames.Of(deployment.Capabilities))
        {
            json.WriteStringValue(capability);
        }

        json.WriteEndArray();
        json.WriteStartObject("price_usd_per_million");
        json.WriteNumber("input", deployment.PriceInputUsdPerMillion);
        json.WriteNumber("cached_input", deployment.PriceCachedInputUsdPerMillion);
        json.WriteNumber("output", deployment.PriceOutputUsdPerMillion);
        json.WriteEndObject();
        json.WriteString("trust", deployment.Trust.ToString().ToLowerInvariant());
        if (deployment.LastResort)
        {
            json.WriteBoolean("last_resort", true);
        }

        if (deployment.OnDevice)
        {
            json.WriteBoolean("resident", deployment.State.Resident);
        }

        json.WriteString("health", deployment.State.Breaker(clock.NowNs) switch
        {
            BreakerState.Open => "down",
            BreakerState.HalfOpen => "degraded",
            _ => "healthy",
        });
        json.WriteEndObject();
    }

    private void WriteHead(Utf8JsonWriter json, string id, string owner)
    {
        json.WriteString("id", id);
        json.WriteString("object", "model");
        json.WriteNumber("created", startedUnixSeconds);
        json.WriteString("owned_by", owner);
    }
}
