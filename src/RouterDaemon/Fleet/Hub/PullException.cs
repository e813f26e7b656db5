using System.Net;

namespace RouterDaemon.Fleet.Hub;

/// <summary>A pull that failed; the message is for people and holds neither tokens nor signed addresses.</summary>
internal sealed class PullException(string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>True = the same request may succeed a little later.</summary>
    public bool IsTransient { get; init; }

    /// <summary>How long the server asks to wait; null = it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Status that the server answered; null = no answer.</summary>
    public HttpStatusCode? Status { get; init; }
}
