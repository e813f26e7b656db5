using System.Net.Sockets;
using System.Runtime.CompilerServices;
using RouterDaemon.Core.Wire;
using RouterDaemon.Relay;
using RouterDaemon.Transport;

namespace RouterDaemon.Backends.Http1;

/// <summary>
/// One HTTP/1.1 connection to an upstream: one exchange at a time. A receive is posted as soon as an answer has ended, so a peer
/// that closes an idle connection is noticed before the next request is written to it, and the wait for the next head costs no
/// further system call.
/// </summary>
internal sealed class Http1Connection(Channel channel, long createdTimestamp) : IAbortable, IDisposable
{
    private const int BufferBytes = 4 * 1024;

    private readonly byte[] _firstBuffer = new byte[BufferBytes];
    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private ValueTask<int> _pendingReceive;
    private bool _hasPendingReceive;
    private ChunkedDecoder _chunked;
    private BodyKind _body;
    private long _left;
    private int _scanned;
    private bool _keepAlive;
    private int _aborted;

    private enum BodyKind : byte
    {
        Ended,
        Length,
        Chunked,
        ToEnd,
    }

    /// <summary>When it was opened.</summary>
    public long CreatedTimestamp => createdTimestamp;

    /// <summary>When its last answer ended; kept by the pool.</summary>
    public long IdleSinceTimestamp { get; set; }

    /// <summary>The body was read to its end.</summary>
    public bool IsAtEnd => _body == BodyKind.Ended;

    /// <summary>It can carry another request: the answer was read whole, the peer keeps it open and sent nothing more.</summary>
    public bool IsReusable => _keepAlive && IsAtEnd && _start == _end && !IsAborted;

    /// <summary>It was closed under its reader.</summary>
    public bool IsAborted => Volatile.Read(ref _aborted) != 0;

    /// <summary>The head that <see cref="TryReadHead"/> read; its ranges are valid until the next read.</summary>
    public Http1Head Head;

    /// <summary>The bytes that <see cref="Head"/>'s ranges are offsets into.</summary>
    public ReadOnlySpan<byte> HeadBytes => _buffer;

    /// <summary>False for an idle connection whose peer closed it or sent what nobody asked for.</summary>
    public bool IsQuiet => !IsAborted && !(_hasPendingReceive && _pendingReceive.IsCompleted);

    /// <summary>Posts the receive that watches the idle connection and will bring the next head.</summary>
    public void WaitForNext()
    {
        _buffer = _firstBuffer;
        _start = 0;
        _end = 0;
        _scanned = 0;
        _keepAlive = false;
        PostReceive();
    }

    /// <summary>Sends all of it.</summary>
    /// <exception cref="SocketException">The connection broke; an answer may have come all the same.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes) => channel.SendAsync(bytes);

    /// <summary>
    /// Reads the head of the answer into <see cref="Head"/>; interim answers (1xx) are read over. False: <see cref="ReceiveAsync"/> first.
    /// </summary>
    /// <exception cref="UpstreamException">What came is not HTTP.</exception>
    public bool TryReadHead()
    {
        while (true)
        {
            var result = Http1HeadParser.Parse(_buffer.AsSpan(_start, _end - _start), ref _scanned, out Head);
            switch (result)
            {
                case HeadResult.Complete when Head.Status is >= 100 and < 200 and not 101:
                    _start += Head.Length;
                    _scanned = 0;
                    continue;
                case HeadResult.Complete when Head.Status != 101:
                    Begin();
                    return true;
                case HeadResult.Complete or HeadResult.Invalid:
                    throw new UpstreamException(RelayError.UpstreamProtocol, "the answer is not HTTP as it should be");
                case HeadResult.TooLarge:
                    throw new UpstreamException(RelayError.UpstreamProtocol, "the answer's headers are larger than any should be");
                default:
                    return false;
            }
        }
    }

    /// <summary>Waits for more of a head. Hand the result to <see cref="Received"/>.</summary>
    public ValueTask<int> ReceiveAsync()
    {
        if (!_hasPendingReceive)
        {
            MakeRoom();
            PostReceive();
        }

        _hasPendingReceive = false;
        return _pendingReceive;
    }

    /// <summary>Takes what <see cref="ReceiveAsync"/> brought.</summary>
    /// <exception cref="UpstreamException">The connection ended before the head did.</exception>
    public void Received(int bytes)
    {
        if (bytes == 0)
        {
            throw new UpstreamException(RelayError.UpstreamReset, "the connection broke before an answer came");
        }

        _end += bytes;
    }

    /// <summary>Next bytes of the body; 0 = its end.</summary>
    /// <exception cref="UpstreamException">The body broke off or its framing is wrong.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadBodyAsync(Memory<byte> destination)
    {
        while (_body != BodyKind.Ended)
        {
            int written;
            if (_start < _end)
            {
                written = Decode(_buffer.AsSpan(_start, _end - _start), destination.Span, out var consumed);
                _start += consumed;
            }
            else
            {
                int received;
                try
                {
                    received = await channel.ReceiveAsync(destination).ConfigureAwait(false);
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    throw Broken(e);
                }

                if (received == 0)
                {
                    _body = _body == BodyKind.ToEnd && !IsAborted ? BodyKind.Ended : throw Broken(null);
                    break;
                }

                written = Decode(destination.Span[..received], destination.Span, out var consumed);
                // Bytes behind the body's end belong to nobody: this connection is not used again.
                _keepAlive &= consumed == received;
            }

            if (written > 0)
            {
                return written;
            }
        }

        return 0;
    }

    /// <summary>Closes the connection under whoever waits for it. Any thread, any time.</summary>
    public void Abort()
    {
        if (Interlocked.Exchange(ref _aborted, 1) == 0)
        {
            channel.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Abort();
        if (_hasPendingReceive)
        {
            _hasPendingReceive = false;
            _ = ForgetAsync(_pendingReceive);
        }
    }

    private static async Task ForgetAsync(ValueTask<int> receive)
    {
        try
        {
            await receive.ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The connection is closed: that is what was wanted.
        }
    }

    private void Begin()
    {
        _start += Head.Length;
        Shift(ref Head.MediaType);
        Shift(ref Head.RetryAfter);
        Shift(ref Head.Date);
        Shift(ref Head.DroppedReason);
        Shift(ref Head.SessionToken);
        Shift(ref Head.Load);
        _keepAlive = Head.KeepAlive;
        _chunked = default;
        _left = Head.ContentLength;
        _body = Head.IsChunked ? BodyKind.Chunked : _left >= 0 ? BodyKind.Length : BodyKind.ToEnd;
        if (Head.Status is 204 or 304 || _left == 0)
        {
            _body = BodyKind.Ended;
        }

        _keepAlive &= _body != BodyKind.ToEnd;
    }

    /// <summary>The parser counts from the head's start, which interim answers may have moved.</summary>
    private void Shift(ref Core.Wire.ByteRange range) => range = new(range.Offset + _start - Head.Length, range.Length);

    private int Decode(ReadOnlySpan<byte> source, Span<byte> destination, out int consumed)
    {
        if (_body == BodyKind.Chunked)
        {
            var written = _chunked.Decode(source, destination, out consumed);
            if (_chunked.IsBroken)
            {
                throw new UpstreamException(RelayError.UpstreamProtocol, "the answer's chunked framing is broken");
            }

            _body = _chunked.IsDone ? BodyKind.Ended : BodyKind.Chunked;
            return written;
        }

        consumed = Math.Min(source.Length, destination.Length);
        if (_body == BodyKind.Length)
        {
            consumed = (int)Math.Min(consumed, _left);
            _left -= consumed;
            _body = _left == 0 ? BodyKind.Ended : BodyKind.Length;
        }

        source[..consumed].CopyTo(destination);
        return consumed;
    }

    /// <summary>Whose fault a body without its end is: ours when we closed the connection.</summary>
    private Exception Broken(Exception? cause) => IsAborted
        ? new OperationCanceledException("the exchange was given up", cause)
        : new UpstreamException(RelayError.UpstreamTruncated, "the answer broke off before its end", cause);

    private void MakeRoom()
    {
        if (_start == _end)
        {
            _start = 0;
            _end = 0;
        }

        if (_end == _buffer.Length)
        {
            // A large head: rare, so its buffer is not kept.
            var larger = new byte[Math.Min(_buffer.Length * 4, Http1HeadParser.MaxHeadBytes + BufferBytes)];
            _buffer.AsSpan(_start, _end - _start).CopyTo(larger);
            _buffer = larger;
            _end -= _start;
            _start = 0;
        }
    }

    private void PostReceive()
    {
#pragma warning disable CA2012 // Kept until the next head is wanted, and consumed once: ReceiveAsync and Dispose take it and clear the flag.
        _pendingReceive = channel.ReceiveAsync(_buffer.AsMemory(_end));
#pragma warning restore CA2012
        _hasPendingReceive = true;
    }
}
