using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using RouterDaemon.Config;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Fleet;

/// <summary>Keeps this daemon registered with the router that it joins: registers, says that it lives, and starts over when it was forgotten.</summary>
internal sealed class AgentJoin(HttpMessageInvoker http, TimeProvider time, ILogger log) : IAsyncDisposable
{
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private RegistrationConfig _config = new();
    private CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Joins as configured, or leaves the router alone when it no longer is.</summary>
    public void Apply(RegistrationConfig config)
    {
        lock (_lock)
        {
            if (config == _config)
            {
                return;
            }

            _config = config;
            _stop.Cancel();
            _stop.Dispose();
            _stop = new CancellationTokenSource();
            if (config.Join is { } join)
            {
                var before = _running;
                _running = RunAsync(before, join, config.Secret, _stop.Token);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
        http.Dispose();
    }

    private async Task RunAsync(Task before, JoinConfig join, Secret? secret, CancellationToken stop)
    {
        await before.ConfigureAwait(false);
        var isIn = false;
        var pause = FirstPause;
        string? lastFault = null;
        try
        {
            while (true)
            {
                var (status, fault) = await PostAsync(join, secret, isIn ? "/heartbeat" : "/register", isIn ? Beat(join) : Registration(join), stop).ConfigureAwait(false);
                if (fault is null)
                {
                    if (!isIn || lastFault is not null)
                    {
                        Log.JoinedRouter(log, Place(join), NameOf(join));
                    }

                    (isIn, lastFault, pause) = (true, null, FirstPause);
                    await Task.Delay(join.Heartbeat, time, stop).ConfigureAwait(false);
                    continue;
                }

                if (isIn && status == HttpStatusCode.NotFound)
                {
                    // It was restarted, or did not hear us for too long.
                    isIn = false;
                    continue;
                }

                if (fault != lastFault)
                {
                    Log.JoinFailed(log, Place(join), fault);
                    lastFault = fault;
                }

                await Task.Delay(pause, time, stop).ConfigureAwait(false);
                pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, join.Heartbeat.Ticks));
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopping, or configured anew.
        }
    }

    private async Task<(HttpStatusCode Status, string? Fault)> PostAsync(JoinConfig join, Secret? secret, string path, JsonObject body, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, join.Url!.AbsoluteUri.TrimEnd('/') + path);
        request.Content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue("application/json"));
        if (secret is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret.Reveal());
        }

        using var timeout = new CancellationTokenSource(AnswerTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, timeout.Token);
        try
        {
            using var response = await http.SendAsync(request, either.Token).ConfigureAwait(false);
            return (response.StatusCode, response.StatusCode switch
            {
                HttpStatusCode.OK => null,
                HttpStatusCode.Unauthorized => "it does not know the secret that registration.secret_env names",
                HttpStatusCode.NotFound when path == "/register" => "it takes no agents (its own registration.secret_env is not set)",
                var status => $"{path} was answered with status {(int)status}",
            });
        }
        catch (HttpRequestException e)
        {
            return (0, e.InnerException?.Message ?? e.Message);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return (0, $"no answer within {AnswerTimeout.TotalSeconds} s");
        }
    }

    private static JsonObject Registration(JoinConfig join)
    {
        var models = new JsonArray();
        foreach (var model in join.Models)
        {
            models.Add((JsonNode)model);
        }

        var body = new JsonObject { ["name"] = NameOf(join), ["endpoint"] = join.Endpoint!.AbsoluteUri.TrimEnd('/'), ["models"] = models };
        if (join.ApiKey is { } key)
        {
            body["api_key"] = key.Reveal();
        }

        return body;
    }

    private static JsonObject Beat(JoinConfig join) => new() { ["name"] = NameOf(join) };

    private static string NameOf(JoinConfig join) => join.Name ?? Names.CleanBackend(Environment.MachineName);

    private static string Place(JoinConfig join) => join.Url!.GetLeftPart(UriPartial.Authority);
}
