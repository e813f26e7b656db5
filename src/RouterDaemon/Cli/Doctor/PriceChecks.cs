using RouterDaemon.Config;
using RouterDaemon.Fleet.Known;

namespace RouterDaemon.Cli.Doctor;

/// <summary>Deployments of providers that bill by the token, but whose price nobody knows.</summary>
internal static class PriceChecks
{
    public static Task<IReadOnlyList<Finding>> PricesAsync(RouterdConfig config, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        foreach (var backend in config.Backends)
        {
            if (KnownModels.At(backend.Url) is not { } provider)
            {
                continue;
            }

            foreach (var deployment in backend.Deployments ?? [])
            {
                if (deployment.Price is null && provider.Find(deployment.UpstreamModel ?? deployment.Model) is null)
                {
                    findings.Add(new Finding(
                        $"price of {deployment.Model}/{backend.Id}", FindingState.Warning, $"not in the table of {KnownModels.Date}: it counts as free unless the provider's model list says more",
                        "write \"price: { input: ..., output: ... }\" (USD per million tokens) under the deployment"));
                }
            }
        }

        return Task.FromResult<IReadOnlyList<Finding>>(findings);
    }
}
