namespace RouterDaemon.Fleet.Hub;

/// <summary>An answer at the end of its redirects, its body not read yet.</summary>
/// <param name="Response">The answer.</param>
/// <param name="LinkedSha256">SHA-256 that the hub named on the way (<c>X-Linked-Etag</c>); null = none.</param>
internal sealed record HubAnswer(HttpResponseMessage Response, string? LinkedSha256) : IDisposable
{
    public void Dispose() => Response.Dispose();
}
