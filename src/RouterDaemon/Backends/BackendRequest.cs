using RouterDaemon.Core.Fleet;
using RouterDaemon.Core.Wire;
using RouterDaemon.Http;
using RouterDaemon.Relay;

namespace RouterDaemon.Backends;

/// <summary>One attempt: a request as a backend gets it, in OpenAI's dialect or in one that it <see cref="Backend.Speaks"/>.</summary>
internal sealed class BackendRequest
{
    /// <summary>What is asked.</summary>
    public required Operation Operation { get; init; }

    /// <summary>Where it goes.</summary>
    public required DeploymentEntry Deployment { get; init; }

    /// <summary>The dialect of <see cref="Body"/>.</summary>
    public Dialect Dialect { get; init; }

    /// <summary>The client's body with its edits; see <see cref="SplicedBody"/>.</summary>
    public required SplicedBody Body { get; init; }

    /// <summary>What one scan of the body found.</summary>
    public required RequestPeek Peek { get; init; }

    /// <summary>The daemon's id of the request, sent along.</summary>
    public required string RequestId { get; init; }

    /// <summary>Whom it comes from.</summary>
    public RequestSender Sender { get; init; }

    /// <summary>Where the worker can be stopped; null = by the token alone.</summary>
    public IAbortSource? Abort { get; init; }

    /// <summary>W3C trace context of the client, or null.</summary>
    public string? TraceParent { get; init; }

    /// <summary>Headers of the client that may cross (llm-d's scheduling hints), or none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Hints { get; init; } = [];
}
