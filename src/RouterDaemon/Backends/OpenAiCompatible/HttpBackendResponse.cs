using RouterDaemon.Relay;

namespace RouterDaemon.Backends.OpenAiCompatible;

/// <summary>An upstream's HTTP answer.</summary>
internal sealed class HttpBackendResponse(HttpResponseMessage message, Stream stream) : BackendResponse
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // Framing that lies (short content-length, broken chunk) and a reset look alike from here: cut before the end.
            throw new UpstreamException(RelayError.UpstreamTruncated, "the answer broke off before its end", e);
        }
    }

    public override ValueTask DisposeAsync()
    {
        // Disposing before the end of the answer closes the connection, which is how an upstream learns of the cancel.
        message.Dispose();
        return ValueTask.CompletedTask;
    }
}
