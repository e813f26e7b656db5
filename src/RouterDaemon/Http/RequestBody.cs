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

        var reader = http.Request.BodyReader;
        var buffer = ArrayPool<byte>.Shared.Rent((int)(http.Request.ContentLength ?? FirstGuessBytes) + 1);
        var length = 0;
        try
        {
            while (true)
            {
                var result = await reader.ReadAsync(http.RequestAborted).ConfigureAwait(false);
                var read = result.Buffer;
                if (length + read.Length > maxBytes)
                {
                    reader.AdvanceTo(read.End);
                    throw new ApiException(ApiError.TooLarge(maxBytes));
                }

                if (length + read.Length > buffer.Length)
                {
                    var larger = ArrayPool<byte>.Shared.Rent(Math.Max(buffer.Length * 2, length + (int)read.Length));
                    buffer.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                read.CopyTo(buffer.AsSpan(length));
                length += (int)read.Length;
                reader.AdvanceTo(read.End);
                if (result.IsCompleted)
                {
                    return new RequestBody { _buffer = buffer, Length = length };
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
