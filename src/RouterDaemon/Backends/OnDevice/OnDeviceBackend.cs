using System.Text;
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
            return request.Operation switch
            {
                Operation.Embeddings => await EmbedAsync(request, cancellationToken).ConfigureAwait(false),
                Operation.Rerank => await RerankAsync(request, cancellationToken).ConfigureAwait(false),
                _ => await GenerateAsync(request, cancellationToken).ConfigureAwait(false),
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

    private async ValueTask<BackendResponse> GenerateAsync(BackendRequest request, CancellationToken cancellationToken)
    {
        var model = request.Deployment.UpstreamModel;
        var plan = GenerationPlanReader.Read(request.Body.ToArray(), request.Operation, request.Sender.FairnessKey);
        var generations = await engine.SubmitAsync(model, plan.Requests, cancellationToken).ConfigureAwait(false);
        var choices = new AnswerChoice[generations.Count];
        for (var i = 0; i < choices.Length; i++)
        {
            choices[i] = new AnswerChoice(i, generations[i], plan.Echo ? await PromptTextAsync(model, plan.Requests[i], cancellationToken).ConfigureAwait(false) : null);
        }

        return new GenerationResponse(choices, plan.ChoicesPerPrompt, request, time.GetUtcNow().ToUnixTimeSeconds())
        {
            Status = 200,
            MediaType = request.Peek.Stream ? "text/event-stream" : "application/json",
        };
    }

    private async ValueTask<BackendResponse> EmbedAsync(BackendRequest request, CancellationToken cancellationToken)
    {
        var plan = EmbeddingPlan.Read(request.Body.ToArray());
        var result = await engine.EmbedAsync(request.Deployment.UpstreamModel, plan.Inputs, cancellationToken).ConfigureAwait(false);
        return new JsonResponse(json => plan.Write(json, request.Deployment.ModelId, result)) { Status = 200 };
    }

    private async ValueTask<BackendResponse> RerankAsync(BackendRequest request, CancellationToken cancellationToken)
    {
        var plan = RerankPlan.Read(request.Body.ToArray());
        var result = await engine.ScoreAsync(request.Deployment.UpstreamModel, plan.Query, plan.Documents, cancellationToken).ConfigureAwait(false);
        return new JsonResponse(json => plan.Write(json, request.Deployment.ModelId, result)) { Status = 200 };
    }

    private async ValueTask<string> PromptTextAsync(string model, GenerationRequest request, CancellationToken cancellationToken) =>
        request.Prompt ?? Encoding.UTF8.GetString(await engine.DetokenizeAsync(model, request.PromptTokens, cancellationToken).ConfigureAwait(false));
}
