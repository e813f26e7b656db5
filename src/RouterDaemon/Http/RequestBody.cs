using System.Buffers;

namespace RouterDaemon.Http;

/// <summary>A request's body in one piece of pooled memory. Dispose exactly once.</summary>
internal struct RequestBody : IDisposable
{
    private const int FirstGuessBytes = 16 * 1024;

    private byte[]? _buffer;

    /// <summary>Bytes of the body.</summary>
    public int Length { get; private init; }

    /// <summary>The body; valid until <see cref="Dispose"/>.</summary>
    public readonly ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, Length);

    /// <summary>The body; valid until <see cref="Dispose"/>.</summary>
    public readonly ReadOnlySpan<byte> Span => _buffer.AsSpan(0, Length);

    /// <summary>Reads the whole body.</summary>
    /// <exception cref="ApiException">413 when it is larger than <paramref name="maxBytes"/>.</exception>
    public static async ValueTask<RequestBody> ReadAsync(RequestContext context, long maxBytes)
    {
        var http = context.Http;
        if (http.Request.ContentLength > maxBytes)
        {
            throw new ApiException(ApiError.TooLarge(maxBytes));
        }

        var stream = http.Request.Body;
        var buffer = ArrayPool<byte>.Shared.Rent((int)(http.Request.ContentLength ?? FirstGuessBytes) + 1);
        var length = 0;
        try
        {
            while (true)
            {
                var read = await stream.ReadAsync(buffer.AsMemory(length), http.RequestAborted).ConfigureAwait(false);
                if (read == 0)
                {
                    return new RequestBody { _buffer = buffer, Length = length };
                }

                length += read;
                if (length > maxBytes)
                {
                    throw new ApiException(ApiError.TooLarge(maxBytes));
                }

                if (length == buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
