using RouterDaemon.Config;

namespace RouterDaemon.Fleet.Hub;

/// <summary>Where the hub is and who asks, from the variables that the hub's own tools read.</summary>
/// <param name="Endpoint">Address of the hub, <c>HF_ENDPOINT</c>; default <c>https://huggingface.co</c>.</param>
/// <param name="Token">Shown to the hub and nobody else, <c>HF_TOKEN</c>; null = none.</param>
internal sealed record HubSettings(Uri Endpoint, Secret? Token)
{
    private const string DefaultEndpoint = "https://huggingface.co";

    /// <exception cref="FormatException"><c>HF_ENDPOINT</c> is not an address.</exception>
    public static HubSettings From(IReadOnlyDictionary<string, string> environment)
    {
        var text = environment.GetValueOrDefault("HF_ENDPOINT")?.Trim() is { Length: > 0 } set ? set : DefaultEndpoint;
        if (!Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("https" or "http") || endpoint.UserInfo.Length > 0)
        {
            throw new FormatException("HF_ENDPOINT is not an address (example: https://huggingface.co)");
        }

        var token = environment.GetValueOrDefault("HF_TOKEN")?.Trim() is { Length: > 0 } key ? new Secret(key) : null;
        return new HubSettings(endpoint, token);
    }
}
