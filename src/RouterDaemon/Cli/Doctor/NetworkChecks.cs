using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using RouterDaemon.Config;

namespace RouterDaemon.Cli.Doctor;

/// <summary>Listen addresses and backends.</summary>
internal static class NetworkChecks
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task<IReadOnlyList<Finding>> ListenAsync(RouterdConfig config, CancellationToken cancellation)
    {
        var findings = new List<Finding>();
        foreach (var address in config.Listen)
        {
            findings.Add(await ListenAsync(config, address, cancellation).ConfigureAwait(false));
        }

        return findings;
    }

    /// <summary>Lists each backend's models, which no provider bills.</summary>
    public static async Task<IReadOnlyList<Finding>> BackendsAsync(RouterdConfig config, CancellationToken cancellation) =>
        await Task.WhenAll(config.Backends.Select(b => BackendAsync(b, cancellation))).ConfigureAwait(false);

    private static async Task<Finding> ListenAsync(RouterdConfig config, ListenAddress address, CancellationToken cancellation)
    {
        var check = $"listen {address.Url}";
        using var client = new DaemonClient(config with { Listen = [address] }, null);
        try
        {
            var (status, body) = await client.SendAsync(HttpMethod.Get, "/health/live", null, cancellation).ConfigureAwait(false);
            return status == HttpStatusCode.OK && body.AsSpan().IndexOf("live"u8) >= 0
                ? new Finding(check, FindingState.Good, "a daemon runs here and answers")
                : new Finding(check, FindingState.Bad, "another program answers here", "choose another port under \"listen\"");
        }
        catch (IOException)
        {
            return CanBind(address) is { } reason
                ? new Finding(check, FindingState.Bad, reason, "end the program that holds it, or choose another address under \"listen\"")
                : new Finding(check, FindingState.Good, "free, no daemon runs here");
        }
    }

    private static string? CanBind(ListenAddress address)
    {
        if (address.Kind == ListenKind.Unix)
        {
            var folder = Path.GetDirectoryName(address.SocketPath!)!;
            return Directory.Exists(folder) ? null : $"there is no folder {folder}";
        }

        try
        {
            var ip = IPAddress.TryParse(address.Host, out var parsed) ? parsed : Dns.GetHostAddresses(address.Host)[0];
            using var listener = new TcpListener(ip, address.Port) { ExclusiveAddressUse = true };
            listener.Start();
            return null;
        }
        catch (SocketException failed)
        {
            return failed.Message;
        }
    }

    private static async Task<Finding> BackendAsync(BackendConfig backend, CancellationToken cancellation)
    {
        var check = $"backend {backend.Id}";
        if (backend.ApiKeyEnv is { } variable && backend.ApiKey is null)
        {
            return new Finding(check, FindingState.Warning, $"the environment variable {variable} is not set", $"set {variable} for the daemon");
        }

        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = backend.Timeouts.Connect };
        using var http = new HttpClient(handler) { Timeout = Patience };
        using var request = new HttpRequestMessage(HttpMethod.Get, backend.OpenAiUrl + "/models");
        if (backend.ApiKey is { } key)
        {
            if (backend.Kind == BackendKind.Anthropic)
            {
                request.Headers.Add("x-api-key", key.Reveal());
                request.Headers.Add("anthropic-version", "2023-06-01");
            }
            else
            {
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key.Reveal());
            }
        }

        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => new Finding(check, FindingState.Good, $"{backend.OpenAiUrl} answers"),
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new Finding(check, FindingState.Bad, $"{backend.OpenAiUrl} refuses the key (status {(int)response.StatusCode})", "give the right key in the variable that api_key_env names"),
                var status => new Finding(check, FindingState.Warning, $"{backend.OpenAiUrl}/models answers with status {(int)status}", "check \"url\" and \"kind\""),
            };
        }
        catch (HttpRequestException failed)
        {
            return new Finding(check, FindingState.Bad, $"{backend.OpenAiUrl}: {failed.InnerException?.Message ?? failed.Message}", "start it, or check \"url\"");
        }
        catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new Finding(check, FindingState.Bad, $"{backend.OpenAiUrl} did not answer within {Patience.TotalSeconds:0} s", "start it, or check \"url\"");
        }
    }
}
