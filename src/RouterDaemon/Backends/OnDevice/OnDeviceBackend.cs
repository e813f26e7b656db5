using System.Text.Json;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Engine;
using RouterDaemon.Http;
using RouterDaemon.Relay;

namespace RouterDaemon.Backends.OnDevice;

/// <summary>The models of this machine, served by llama.cpp in this process.</summary>
internal sealed class OnDeviceBackend(EngineHost engine, TimeProvider time) : Backend
{
    /// <summary>The backend's id, the second part of on-device deployment ids.</summary>
    public const string LocalId = "local";

    public override bool ReportsUsageOnRequest => false;

    public override TimeSpan FirstTokenTimeout(DeploymentEntry deployment) =>
        engine.TryGetStatus(deployment.UpstreamModel, out var status) && !status.Resident
            ? Timeouts.ModelLoad + Timeouts.FirstToken
            : Timeouts.FirstToken;

    public override async ValueTask<BackendResponse> SendAsync(BackendRequest request, CancellationToken cancellationToken)
    {
        // Templates and tokenising cost milliseconds for long prompts: never on a socket thread.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var generation = await engine.SubmitAsync(
                request.Deployment.UpstreamModel, GenerationRequestReader.Read(request.Body.ToArray(), request.Operation), cancellationToken)
                .ConfigureAwait(false);
            return new GenerationResponse(generation, request, time.GetUtcNow().ToUnixTimeSeconds())
            {
                Status = 200,
                MediaType = request.Peek.Stream ? "text/event-stream" : "application/json",
            };
        }
        catch (EngineException e)
        {
            throw EngineErrors.ToUpstream(e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new UpstreamException(RelayError.RequestRefused, e.Message) { ClientError = ApiError.BadRequest($"The body could not be read: {e.Message}") };
        }
    }

    public override ValueTask<IReadOnlyList<DiscoveredModel>> DiscoverAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<DiscoveredModel>>([.. engine.Status().Select(s => new DiscoveredModel(s.Id, s.ContextTokens))]);
}
