using System.Net.Sockets;
using RouterDaemon.Core.Wire;
using RouterDaemon.Transport;

namespace RouterDaemon.Http.Server;

/// <summary>
/// The body of a request. One of a known length is received straight to where its reader wants it; of one in chunks the connection's buffer
/// holds what is not decoded, because the next request may begin behind the last chunk.
/// </summary>
internal sealed class RequestStream(ServerConnection connection, Channel channel) : Stream
{
    private static readonly ReadOnlyMemory<byte> Continue = "HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray();

    private ChunkedDecoder _chunked;
    private bool _isChunked;
    private long _left;
    private int _headEnd;
    private long _received;
    private TimeSpan _waited;

    /// <summary>Not all of it was received.</summary>
    public bool HasMore => _isChunked ? !_chunked.IsDone : _left > 0;

    /// <summary>The client waits for a 100 before it sends anything.</summary>
    public bool OwesContinue { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Turns to the next request.</summary>
    /// <param name="head">Its head.</param>
    /// <param name="headEnd">Where its head ends in the connection's buffer: the head stays there until the request ends.</param>
    public void Begin(RequestHead head, int headEnd)
    {
        _chunked = default;
        _isChunked = head.IsChunked;
        _left = Math.Max(0, head.ContentLength);
        _headEnd = headEnd;
        _received = 0;
        _waited = TimeSpan.Zero;
        OwesContinue = head.ExpectsContinue && HasMore;
    }

    /// <summary>Next bytes of the body; 0 = its end.</summary>
    /// <exception cref="BadHttpRequestException">Its framing is wrong, or the client left before its end.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellationToken = default)
    {
        var buffer = connection.Buffer;
        while (HasMore && destination.Length > 0)
        {
            if (buffer.Length > 0)
            {
                // It did not wait to be told.
                OwesContinue = false;
                var decoded = Decode(buffer, destination.Span);
                if (decoded > 0)
                {
                    return decoded;
                }

                continue;
            }

            if (OwesContinue && !connection.HasAnswered)
            {
                OwesContinue = false;
                await SendContinueAsync().ConfigureAwait(false);
            }

            if (!_isChunked)
            {
                var received = await ReceiveAsync(destination[..(int)Math.Min(destination.Length, _left)]).ConfigureAwait(false);
                Took(received);
                return received;
            }

            buffer.MakeRoom(_headEnd);
            buffer.Received(await ReceiveAsync(buffer.Free).ConfigureAwait(false));
        }

        return 0;
    }

    /// <summary>Reads over the rest. False = it does not end in time, or its framing is wrong.</summary>
    public async ValueTask<bool> DrainAsync(TimeProvider time, TimeSpan limit)
    {
        var from = time.GetTimestamp();
        var scratch = new byte[ReceiveBuffer.FirstBytes];
        try
        {
            while (time.GetElapsedTime(from) < limit)
            {
                if (await ReadAsync(scratch).ConfigureAwait(false) == 0)
                {
                    return true;
                }
            }
        }
        catch (BadHttpRequestException)
        {
            // Then the connection ends here.
        }

        return false;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Bodies are read asynchronously: nothing here may block.");

    /// <inheritdoc/>
    public override void Flush() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Decode(ReceiveBuffer buffer, Span<byte> destination)
    {
        int written, consumed;
        if (_isChunked)
        {
            written = _chunked.Decode(buffer.Unread, destination, out consumed);
            if (_chunked.IsBroken)
            {
                connection.ClientEnded(isGone: false);
                throw new BadHttpRequestException("its chunked framing is broken.");
            }
        }
        else
        {
            written = consumed = (int)Math.Min(Math.Min(buffer.Length, destination.Length), _left);
            buffer.Unread[..written].CopyTo(destination);
        }

        buffer.Read(consumed);
        Took(_isChunked ? 0 : written);
        return written;
    }

    private void Took(int bytes)
    {
        _left -= bytes;
        if (!HasMore)
        {
            connection.Watch();
        }
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> into)
    {
        var hop = PoolHop.Begin();
        var from = connection.Server.CoarseTimestamp;
        connection.Deadline.Set(ServerLimits.Grace + TimeSpan.FromSeconds((double)_received / ServerLimits.MinBytesPerSecond) - _waited);
        var received = 0;
        try
        {
            received = await channel.ReceiveAsync(into).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It broke, as if it had ended: both are said below.
        }

        connection.Deadline.Clear();
        _waited += connection.Server.Time.GetElapsedTime(from, connection.Server.CoarseTimestamp);
        _received += received;
        await hop.EndAsync();
        return received > 0 ? received : throw ClientLeft();
    }

    private async ValueTask SendContinueAsync()
    {
        try
        {
            await channel.SendAsync(Continue).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw ClientLeft();
        }
    }

    private BadHttpRequestException ClientLeft()
    {
        connection.ClientEnded(isGone: true);
        return new BadHttpRequestException("the client ended it before its end.");
    }
}
