using RouterDaemon.Config;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Http;

namespace RouterDaemon.Backends;

/// <summary>Where deployments run. One instance for each entry of <c>backends</c> in the configuration, and one for the device.</summary>
internal abstract class Backend : IAsyncDisposable
{
    /// <summary>The id in the configuration.</summary>
    public required string Id { get; init; }

    /// <summary>How long each phase of an attempt may take.</summary>
    public required TimeoutsConfig Timeouts { get; init; }

    /// <summary>Starts one attempt and returns when the status is known.</summary>
    /// <exception cref="UpstreamException">The backend could not be reached or broke off.</exception>
    public abstract ValueTask<BackendResponse> SendAsync(BackendRequest request, CancellationToken cancellationToken);

    /// <summary>Names of the models it serves now. Called at start and on a timer, never by a request.</summary>
    /// <exception cref="UpstreamException">It did not answer.</exception>
    public abstract ValueTask<IReadOnlyList<DiscoveredModel>> DiscoverAsync(CancellationToken cancellationToken);

    /// <summary>True when a failed answer of this status may be another deployment's success.</summary>
    public virtual bool IsRetryable(int status) => status is 401 or 403 or 404 or 408 or 409 or 421 or 425 or 429 or >= 500;

    /// <summary>How long a deployment has for its first content.</summary>
    public virtual TimeSpan FirstTokenTimeout(DeploymentEntry deployment) => Timeouts.FirstToken;

    /// <summary>True when a stream's usage must be asked for by <c>stream_options</c>.</summary>
    public virtual bool ReportsUsageOnRequest => true;

    /// <summary>True when it refuses <c>max_tokens</c> for some models and wants <c>max_completion_tokens</c> (OpenAI's own service).</summary>
    public virtual bool WantsMaxCompletionTokens => false;

    /// <summary>True when it takes bodies in this dialect as clients wrote them; every backend takes OpenAI's.</summary>
    public virtual bool Speaks(Dialect dialect) => dialect == Dialect.OpenAi;

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
