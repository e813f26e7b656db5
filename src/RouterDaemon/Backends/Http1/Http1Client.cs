using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using RouterDaemon.Backends.Gauges;
using RouterDaemon.Relay;

namespace RouterDaemon.Backends.Http1;

/// <summary>
/// Posts to one plain-text HTTP/1.1 upstream over connections of its own: no redirects, no cookies, no proxy, no header that is not
/// named here. TLS and HTTP/2 are the framework's client's.
/// </summary>
internal sealed class Http1Client(Http1Pool pool) : IAsyncDisposable
{
    /// <summary>Bodies up to this go out with the head in one piece.</summary>
    private const int MaxJoinedBodyBytes = 64 * 1024;

    private const int MaxSessionTokenBytes = 1024;

    private static readonly LoadGauges NoLoad = new();

    /// <summary>Room for the headers that differ from request to request, without hints.</summary>
    private const int VariableHeadBytes = 512;

    /// <summary>The part of a request's head that never changes.</summary>
    public static byte[] HeadPrefix(Uri url, string accept, string? authorization, string? furtherLine = null)
    {
        var head = new StringBuilder(256);
        head.Append("POST ").Append(url.PathAndQuery).Append(" HTTP/1.1\r\nHost: ").Append(url.IdnHost.Contains(':') ? $"[{url.IdnHost.Trim('[', ']')}]" : url.IdnHost);
        if (!url.IsDefaultPort)
        {
            head.Append(CultureInfo.InvariantCulture, $":{url.Port}");
        }

        head.Append("\r\nContent-Type: application/json\r\nAccept: ").Append(accept).Append("\r\n");
        if (authorization is not null)
        {
            head.Append("Authorization: ").Append(authorization).Append("\r\n");
        }

        if (furtherLine is not null)
        {
            head.Append(furtherLine).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(head.ToString());
    }

    /// <summary>Sends a request and returns when the head of its answer is here.</summary>
    /// <param name="headPrefix">From <see cref="HeadPrefix"/>.</param>
    /// <param name="request">What is sent.</param>
    /// <param name="withHints">Send <see cref="BackendRequest.Hints"/> along.</param>
    /// <param name="cancellationToken">Closes the connection.</param>
    /// <exception cref="UpstreamException">No connection, or no sound answer.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<BackendResponse> PostAsync(byte[] headPrefix, BackendRequest request, bool withHints, CancellationToken cancellationToken)
    {
        var abort = request.Abort;
        var connection = pool.TryTake()
            ?? await pool.OpenAsync(abort is null ? cancellationToken : abort.CreateToken()).ConfigureAwait(false);
        // Who gives no slot is heard through the token.
        var cancel = abort is null ? cancellationToken.UnsafeRegister(static state => ((Http1Connection)state!).Abort(), connection) : default;
        try
        {
            if (abort is not null && !abort.TryAttach(connection))
            {
                throw new OperationCanceledException("the exchange was given up");
            }

            await SendAsync(connection, headPrefix, request, withHints ? request.Hints : []).ConfigureAwait(false);
            while (!connection.TryReadHead())
            {
                connection.Received(await connection.ReceiveAsync().ConfigureAwait(false));
            }

            if (connection.Head.IsEncoded)
            {
                throw new UpstreamException(RelayError.UpstreamProtocol, "the answer is compressed although that was not asked for");
            }
        }
        catch (Exception e)
        {
            var isAborted = connection.IsAborted || (abort is not null && !abort.TryDetach(connection));
            cancel.Dispose();
            connection.Dispose();
            if (isAborted && e is not OperationCanceledException)
            {
                throw new OperationCanceledException("the exchange was given up", e);
            }

            if (e is SocketException or ObjectDisposedException)
            {
                throw new UpstreamException(RelayError.UpstreamReset, "the connection broke before an answer came", e);
            }

            throw;
        }

        ref readonly var head = ref connection.Head;
        var bytes = connection.HeadBytes;
        return new Http1Response(connection, pool, abort, cancel)
        {
            Status = head.Status,
            MediaType = MediaType(head.MediaType.Of(bytes)),
            RetryAfter = head.RetryAfter.Length > 0 ? RetryAfter(head.RetryAfter.Of(bytes), head.Date.Of(bytes)) : null,
            DroppedReason = head.DroppedReason.Length > 0 ? Encoding.Latin1.GetString(head.DroppedReason.Of(bytes)) : null,
            SessionToken = withHints ? SessionToken(head.SessionToken.Of(bytes)) : null,
            Load = withHints && head.Load.Length > 0 ? LoadHeader.Read(Encoding.Latin1.GetString(head.Load.Of(bytes))) : NoLoad,
        };
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => pool.DisposeAsync();

    private static async ValueTask SendAsync(
        Http1Connection connection, byte[] headPrefix, BackendRequest request, IReadOnlyList<KeyValuePair<string, string>> hints)
    {
        var body = request.Body;
        var joined = body.Length <= MaxJoinedBodyBytes;
        var hintBytes = 0;
        foreach (var (name, value) in hints)
        {
            hintBytes += name.Length + value.Length + 4;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(headPrefix.Length + VariableHeadBytes + hintBytes + (joined ? body.Length : 0));
        try
        {
            var length = WriteHead(buffer, headPrefix, request, hints);
            for (var i = 0; joined && i < body.SegmentCount; i++)
            {
                var segment = body.Segment(i);
                segment.Span.CopyTo(buffer.AsSpan(length));
                length += segment.Length;
            }

            await connection.SendAsync(buffer.AsMemory(0, length)).ConfigureAwait(false);
            for (var i = 0; !joined && i < body.SegmentCount; i++)
            {
                await connection.SendAsync(body.Segment(i)).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // A peer may answer (413, 429) and close before it has read everything: what it said is in the posted receive.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int WriteHead(
        Span<byte> buffer, byte[] headPrefix, BackendRequest request, IReadOnlyList<KeyValuePair<string, string>> hints)
    {
        headPrefix.CopyTo(buffer);
        var at = headPrefix.Length;
        Header(buffer, ref at, "x-request-id"u8, request.RequestId);
        if (request.TraceParent is { } parent)
        {
            Header(buffer, ref at, "traceparent"u8, parent);
        }

        foreach (var (name, value) in hints)
        {
            at += Encoding.ASCII.GetBytes(name, buffer[at..]);
            Value(buffer, ref at, value);
        }

        "Content-Length: "u8.CopyTo(buffer[at..]);
        at += 16;
        Utf8Formatter.TryFormat(request.Body.Length, buffer[at..], out var digits);
        at += digits;
        "\r\n\r\n"u8.CopyTo(buffer[at..]);
        return at + 4;
    }

    private static void Header(Span<byte> buffer, ref int at, ReadOnlySpan<byte> name, string value)
    {
        name.CopyTo(buffer[at..]);
        at += name.Length;
        Value(buffer, ref at, value);
    }

    private static void Value(Span<byte> buffer, ref int at, string value)
    {
        ": "u8.CopyTo(buffer[at..]);
        at += 2;
        at += Encoding.ASCII.GetBytes(value, buffer[at..]);
        "\r\n"u8.CopyTo(buffer[at..]);
        at += 2;
    }

    /// <summary>It is echoed in a header: printable ASCII of bounded length, or nothing.</summary>
    private static string? SessionToken(ReadOnlySpan<byte> value) =>
        value.Length is > 0 and <= MaxSessionTokenBytes && !value.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? Encoding.ASCII.GetString(value) : null;

    /// <summary>The usual ones without an allocation.</summary>
    private static string MediaType(ReadOnlySpan<byte> value) =>
        Ascii.EqualsIgnoreCase(value, "application/json"u8) ? "application/json"
        : Ascii.EqualsIgnoreCase(value, "text/event-stream"u8) ? "text/event-stream"
        : Encoding.Latin1.GetString(value).ToLowerInvariant();

    /// <summary>Seconds, or a date relative to the peer's own clock, which its <c>Date</c> header shows.</summary>
    private static TimeSpan? RetryAfter(ReadOnlySpan<byte> value, ReadOnlySpan<byte> date)
    {
        if (Utf8Parser.TryParse(value, out uint seconds, out var used) && used == value.Length)
        {
            return TimeSpan.FromSeconds(seconds);
        }

        return Utf8Parser.TryParse(value, out DateTimeOffset at, out _, 'R') && Utf8Parser.TryParse(date, out DateTimeOffset now, out _, 'R') && at > now
            ? at - now
            : null;
    }
}
