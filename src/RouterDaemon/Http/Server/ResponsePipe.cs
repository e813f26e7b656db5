using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;

namespace RouterDaemon.Http.Server;

/// <summary>
/// The body of a response as it is written. A flush frames what was written since the last one, puts the head before the first bytes, and
/// hands all of it to the kernel in one call; it is complete when the kernel has the bytes, so a client that does not read holds its
/// writer, and nothing but the bytes of one flush is kept.
/// </summary>
internal sealed class ResponsePipe(ServerExchange exchange) : PipeWriter
{
    private const int BufferBytes = 4 * 1024;

    /// <summary>Kept free before the body for a head of the usual size.</summary>
    private const int HeadRoomBytes = 1024;

    /// <summary>Kept free before the body for a chunk's size line, and behind it for its end and that of the last chunk.</summary>
    private const int ChunkRoomBytes = 16;

    private byte[] _buffer = [];
    private int _from;
    private int _to;
    private long _written;
    private bool _isChunked;
    private bool _hasEnded;

    /// <summary>The head was sent, or is being sent.</summary>
    public bool HasStarted { get; private set; }

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => _to - _from;

    /// <summary>Turns to the next response.</summary>
    public void Reset()
    {
        Release();
        _written = 0;
        _isChunked = false;
        _hasEnded = false;
        HasStarted = false;
    }

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(1, sizeHint));
        return _buffer.AsMemory(_to..Limit());
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(1, sizeHint));
        return _buffer.AsSpan(_to..Limit());
    }

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _buffer.Length == 0 ? 0 : Limit() - _to);
        if (_hasEnded)
        {
            throw new InvalidOperationException("The response has ended.");
        }

        if (exchange.ResponseHeaders.ContentLength is { } length && _written + (_to - _from) + bytes > length && !exchange.IsBodiless)
        {
            throw new InvalidOperationException($"The response is longer than the {length} bytes that it announced.");
        }

        _to += bytes;
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => SendAsync(isLast: false);

    /// <summary>Sends what is left and ends the response. False = the client lost it, or it is shorter than announced.</summary>
    public async ValueTask<bool> EndAsync()
    {
        if (_hasEnded || (HasStarted && !_isChunked && _to == _from))
        {
            return IsWhole();
        }

        _hasEnded = true;
        var result = await SendAsync(isLast: true).ConfigureAwait(false);
        return !result.IsCompleted && IsWhole();
    }

    /// <inheritdoc/>
    public override void CancelPendingFlush()
    {
        // A flush is over when the kernel has its bytes, or the connection is closed: Abort does that.
    }

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        // The connection ends the response when its handler has returned.
    }

    private bool IsWhole() => exchange.IsBodiless || exchange.ResponseHeaders.ContentLength is not { } length || _written == length;

    private int Limit() => _buffer.Length - ChunkRoomBytes;

    private void Reserve(int bytes)
    {
        if (_buffer.Length == 0)
        {
            _from = HasStarted ? ChunkRoomBytes : HeadRoomBytes;
            _to = _from;
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(BufferBytes, _from + bytes + ChunkRoomBytes));
        }
        else if (Limit() - _to < bytes)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _to + bytes + ChunkRoomBytes));
            _buffer.AsSpan(_from, _to - _from).CopyTo(larger.AsSpan(_from));
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
    }

    private void Release()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }

        _buffer = [];
        _from = 0;
        _to = 0;
    }

    private ValueTask<FlushResult> SendAsync(bool isLast)
    {
        var body = _to - _from;
        if (HasStarted && body == 0 && !isLast)
        {
            return new ValueTask<FlushResult>(new FlushResult(false, exchange.IsGone));
        }

        Reserve(1);
        if (exchange.IsBodiless)
        {
            _to = _from;
        }

        _written += body;
        var headers = exchange.ResponseHeaders;
        if (!HasStarted)
        {
            if (isLast && headers.ContentLength is null && exchange.MayHaveLength)
            {
                headers.ContentLength = body;
            }

            _isChunked = headers.ContentLength is null && exchange.MayBeChunked;
        }

        if (_isChunked)
        {
            FrameChunk(isLast);
        }

        if (!HasStarted)
        {
            PutHead();
            HasStarted = true;
            headers.IsReadOnly = true;
        }

        if (exchange.IsGone)
        {
            Release();
            return new ValueTask<FlushResult>(new FlushResult(false, isCompleted: true));
        }

        var sending = exchange.SendAsync(_buffer.AsMemory(_from, _to - _from));
        if (sending.IsCompletedSuccessfully)
        {
            sending.GetAwaiter().GetResult();
            Release();
            return new ValueTask<FlushResult>(new FlushResult(false, false));
        }

        return WaitAsync(sending);
    }

    private async ValueTask<FlushResult> WaitAsync(ValueTask sending)
    {
        var hop = PoolHop.Begin();
        try
        {
            await sending.ConfigureAwait(false);
            await hop.EndAsync();
            return new FlushResult(false, false);
        }
        catch (Exception e) when (e is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            exchange.Abort();
            return new FlushResult(false, isCompleted: true);
        }
        finally
        {
            exchange.SendEnded();
            Release();
        }
    }

    /// <summary>The chunked coding (RFC 9112, section 7.1) around what was written.</summary>
    private void FrameChunk(bool isLast)
    {
        var body = _to - _from;
        if (body > 0)
        {
            Span<byte> size = stackalloc byte[ChunkRoomBytes];
            Utf8Formatter.TryFormat(body, size, out var digits, 'x');
            size[digits] = (byte)'\r';
            size[digits + 1] = (byte)'\n';
            _from -= digits + 2;
            size[..(digits + 2)].CopyTo(_buffer.AsSpan(_from));
            "\r\n"u8.CopyTo(_buffer.AsSpan(_to));
            _to += 2;
        }

        if (isLast)
        {
            "0\r\n\r\n"u8.CopyTo(_buffer.AsSpan(_to));
            _to += 5;
        }
    }

    private void PutHead()
    {
        var most = ResponseHead.MaxBytes(exchange.ResponseHeaders);
        if (most <= HeadRoomBytes)
        {
            Span<byte> head = stackalloc byte[HeadRoomBytes];
            var length = exchange.WriteHead(head, _isChunked);
            if (length <= _from)
            {
                _from -= length;
                head[..length].CopyTo(_buffer.AsSpan(_from));
                return;
            }
        }

        var whole = ArrayPool<byte>.Shared.Rent(most + _to - _from);
        var at = exchange.WriteHead(whole, _isChunked);
        _buffer.AsSpan(_from, _to - _from).CopyTo(whole.AsSpan(at));
        ArrayPool<byte>.Shared.Return(_buffer);
        _to = at + _to - _from;
        _from = 0;
        _buffer = whole;
    }
}
