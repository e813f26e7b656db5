using RouterDaemon.Backends;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Fleet;

namespace RouterDaemon.Telemetry.Sections;

/// <summary>What was counted of requests since the start, for the deployments of the present fleet that had any.</summary>
internal sealed class RequestSection(RequestMeters meters) : IMetricsSection
{
    private delegate void WriteSamples(PrometheusText text, string name, string labels, DeploymentMeter meter);

    private delegate void WriteOperation(PrometheusText text, string name, string labels, OperationMeter meter);

    public void Write(PrometheusText text, FleetState fleet)
    {
        var deployments = fleet.Snapshot.Deployments;
        text.Head("routerd_requests_total", "counter", "Requests by the status that was answered; without a deployment: refused, or nothing was usable.");
        Statuses(text, "deployment=\"\"", meters.Unrouted);
        foreach (var deployment in deployments)
        {
            if (meters.Find(deployment.Id) is { } meter)
            {
                Statuses(text, PrometheusText.Label("deployment", deployment.Id), meter.Statuses);
            }
        }

        Each(text, deployments, "routerd_tokens_total", "counter", "Tokens used; cached ones are among the input.", static (text, name, labels, meter) =>
        {
            text.Sample(name, labels + ",type=\"input\"", meter.InputTokens);
            text.Sample(name, labels + ",type=\"cached\"", meter.CachedTokens);
            text.Sample(name, labels + ",type=\"output\"", meter.OutputTokens);
        });
        Each(text, deployments, "routerd_cost_usd_total", "counter", "Money, failed attempts included.",
            static (text, name, labels, meter) => text.Sample(name, labels, meter.CostUsd));
        Each(text, deployments, "routerd_retries_total", "counter", "Failed attempts whose request went on elsewhere.", static (text, name, labels, meter) =>
        {
            for (var i = 0; i < ErrorTypes.Count; i++)
            {
                if (meter.Retries(i) is > 0 and var count)
                {
                    text.Sample(name, $"{labels},error_type=\"{ErrorTypes.NameOf(i)}\"", count);
                }
            }
        });
        Each(text, deployments, "routerd_fallbacks_total", "counter", "Requests that ended here because another deployment had failed or could not be used.",
            static (text, name, labels, meter) => text.Sample(name, labels, meter.Fallbacks));
        Each(text, deployments, "routerd_overhead_seconds", "histogram", "Time in the router from a request's arrival until a backend has it, parsing included, waiting for the client's body not.",
            static (text, name, labels, meter) => text.Histogram(name, labels, meter.Overhead));

        EachOperation(text, deployments, "gen_ai_client_operation_duration_seconds", "Whole requests.", static (text, name, labels, meter) =>
        {
            for (var i = 0; i < ErrorTypes.Count; i++)
            {
                if (meter.FindDuration(i) is { } durations)
                {
                    text.Histogram(name, $"{labels},error_type=\"{ErrorTypes.NameOf(i)}\"", durations);
                }
            }
        });
        EachOperation(text, deployments, "gen_ai_client_token_usage", "Tokens of a request.", static (text, name, labels, meter) =>
        {
            text.Histogram(name, labels + ",gen_ai_token_type=\"input\"", meter.InputTokens);
            text.Histogram(name, labels + ",gen_ai_token_type=\"output\"", meter.OutputTokens);
        });
        EachOperation(text, deployments, "gen_ai_server_time_to_first_token_seconds", "Arrival to the first content of a stream.",
            static (text, name, labels, meter) => text.Histogram(name, labels, meter.FirstToken));
        EachOperation(text, deployments, "gen_ai_server_time_per_output_token_seconds", "Mean time between the tokens of a stream, one value for each request.",
            static (text, name, labels, meter) => text.Histogram(name, labels, meter.PerToken));
    }

    private static void Statuses(PrometheusText text, string label, StatusCounts counts)
    {
        for (var i = 0; i < StatusCounts.Count; i++)
        {
            if (counts[i] > 0)
            {
                text.Sample("routerd_requests_total", $"{label},status=\"{StatusCounts.NameOf(i)}\"", counts[i]);
            }
        }
    }

    private void Each(PrometheusText text, DeploymentEntry[] deployments, string name, string type, string help, WriteSamples write)
    {
        text.Head(name, type, help);
        foreach (var deployment in deployments)
        {
            if (meters.Find(deployment.Id) is { } meter)
            {
                write(text, name, PrometheusText.Label("deployment", deployment.Id), meter);
            }
        }
    }

    private void EachOperation(PrometheusText text, DeploymentEntry[] deployments, string name, string help, WriteOperation write)
    {
        text.Head(name, "histogram", help);
        foreach (var deployment in deployments)
        {
            var meter = meters.Find(deployment.Id);
            for (var i = 0; meter is not null && i < GenAiNames.OperationCount; i++)
            {
                if (meter.Find((Operation)i) is { } operation)
                {
                    // The deployment too: one kind of provider may serve a model in two places.
                    write(text, name, $"{PrometheusText.Label("gen_ai_operation_name", GenAiNames.OperationOf((Operation)i))},{PrometheusText.Label("gen_ai_request_model", deployment.ModelId)},{PrometheusText.Label("gen_ai_provider_name", GenAiNames.ProviderOf(deployment))},{PrometheusText.Label("deployment", deployment.Id)}", operation);
                }
            }
        }
    }
}
