using System.Collections;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace RouterDaemon.Http.Server;

/// <summary>
/// What ASP.NET's <see cref="HttpContext"/> sees of a request and its response. One for each connection, used again for each request: its
/// revision stays, so that the context keeps what it found here.
/// </summary>
#pragma warning disable CA1001 // A source without a timer or a handle holds nothing to dispose of, and it may be cancelled last.
internal sealed class ServerExchange : IFeatureCollection, IHttpRequestFeature, IHttpResponseFeature, IHttpResponseBodyFeature, IHttpRequestLifetimeFeature,
    IHttpRequestBodyDetectionFeature, IHttpConnectionFeature
#pragma warning restore CA1001
{
    private readonly ServerConnection _connection;
    private readonly RequestHead _head;
    private readonly RequestStream _body;
    private readonly WireRequestHeaders _requestHeaders;
    private readonly ResponsePipe _pipe;
    private readonly CancellationTokenSource _aborted = new();
    private FeatureCollection? _others;
    private int _revision;
    private string? _target;
    private Stream? _responseStream;
    private bool _isGone;

    public ServerExchange(ServerConnection connection, RequestHead head, RequestStream body)
    {
        _connection = connection;
        _head = head;
        _body = body;
        _requestHeaders = new WireRequestHeaders(head);
        _pipe = new ResponsePipe(this);
        Body = body;
        RequestAborted = _aborted.Token;
        Headers = _requestHeaders;
    }

    /// <summary>The response's headers.</summary>
    public WireResponseHeaders ResponseHeaders { get; } = new();

    /// <summary>The client went away: nothing that is written reaches it.</summary>
    public bool IsGone => Volatile.Read(ref _isGone);

    /// <summary>The response has no body, whatever is written: the method was HEAD, or the status says so.</summary>
    public bool IsBodiless => Method == HttpMethods.Head || HasNoContent;

    /// <summary>The response may say its length.</summary>
    public bool MayHaveLength => !HasNoContent;

    /// <summary>The client understands the chunked coding; else the end of the connection is that of the body.</summary>
    public bool MayBeChunked => _head.IsHttp11 && !IsBodiless;

    /// <summary>The connection can go on after this response.</summary>
    public bool KeepAlive { get; private set; }

    private bool HasNoContent => StatusCode is 204 or 304;

    /// <summary>Turns to the next request, whose head was parsed from these bytes. False = its target cannot be served.</summary>
    public bool Begin(byte[] bytes, int start)
    {
        _requestHeaders.Begin(bytes, start);
        ResponseHeaders.Reset();
        _pipe.Reset();
        if (_others is not null)
        {
            _revision++;
            _others = null;
        }

        StatusCode = 200;
        ReasonPhrase = null;
        KeepAlive = _head.KeepAlive;
        var all = bytes.AsSpan(start);
        Method = HttpText.Method(_head.Method.Of(all));
        Protocol = _head.IsHttp11 ? "HTTP/1.1" : "HTTP/1.0";
        var target = HttpText.Same(_head.Target.Of(all), _target);
        if (!ReferenceEquals(target, _target))
        {
            _target = null;
            if (!TrySplit(target, _head.Host.Of(all)))
            {
                return false;
            }

            // An absolute target was compared with this request's Host; the next one must be too.
            _target = target[0] == '/' ? target : null;
            RawTarget = target;
        }

        return true;
    }

    /// <summary>Sends, and lets the connection know that it does.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        var sending = _connection.Channel.SendAsync(bytes);
        if (!sending.IsCompleted)
        {
            _connection.Deadline.Set(ServerLimits.Reader);
        }

        return sending;
    }

    /// <summary>A send that had to wait is over.</summary>
    public void SendEnded() => _connection.Deadline.Clear();

    /// <summary>Ends the response. False = the connection cannot go on.</summary>
    public ValueTask<bool> EndAsync() => _pipe.EndAsync();

    /// <summary>The client went away, or is given up: whoever works for it stops.</summary>
    public void Gone()
    {
        if (!Volatile.Read(ref _isGone))
        {
            Volatile.Write(ref _isGone, true);
            // Whoever registered may do more than a socket thread has time for.
            ThreadPool.UnsafeQueueUserWorkItem(static exchange => exchange.CancelRequest(), this, preferLocal: false);
        }
    }

    /// <summary>Writes the head of the response.</summary>
    public int WriteHead(Span<byte> output, bool isChunked)
    {
        if (ResponseHeaders.TryGetValue("Connection", out var own))
        {
            KeepAlive &= !own.ToString().Equals("close", StringComparison.OrdinalIgnoreCase);
            ResponseHeaders.Remove("Connection");
        }

        if (StatusCode == StatusCodes.Status204NoContent)
        {
            // RFC 9110, section 8.6.
            ResponseHeaders.ContentLength = null;
        }

        // A client that was not told to send its body may do so all the same, or not: what follows cannot be known.
        KeepAlive &= !_connection.Server.IsStopping && !_connection.HasEnded && !_body.OwesContinue && (isChunked || IsBodiless || ResponseHeaders.ContentLength is not null);
        var connection = KeepAlive ? (_head.IsHttp11 ? null : "keep-alive") : "close";
        return ResponseHead.Write(output, StatusCode, ResponseHeaders, _connection.Server.DateLine, isChunked, connection);
    }

    /// <inheritdoc/>
    public void Abort() => _connection.Abort();

    // The request.

    /// <inheritdoc/>
    public string Protocol { get; set; } = "HTTP/1.1";

    /// <inheritdoc/>
    public string Scheme { get; set; } = "http";

    /// <inheritdoc/>
    public string Method { get; set; } = "GET";

    /// <inheritdoc/>
    public string PathBase { get; set; } = "";

    /// <inheritdoc/>
    public string Path { get; set; } = "/";

    /// <inheritdoc/>
    public string QueryString { get; set; } = "";

    /// <inheritdoc/>
    public string RawTarget { get; set; } = "/";

    /// <inheritdoc/>
    public IHeaderDictionary Headers { get; set; }

    /// <inheritdoc/>
    public Stream Body { get; set; }

    /// <inheritdoc/>
    public bool CanHaveBody => _head.IsChunked || _head.ContentLength > 0;

    /// <inheritdoc/>
    public CancellationToken RequestAborted { get; set; }

    // The response.

    /// <inheritdoc/>
    public int StatusCode { get; set; } = 200;

    /// <inheritdoc/>
    public string? ReasonPhrase { get; set; }

    IHeaderDictionary IHttpResponseFeature.Headers { get => ResponseHeaders; set => throw new NotSupportedException(); }

    Stream IHttpResponseFeature.Body { get => Stream; set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public bool HasStarted => _pipe.HasStarted;

    /// <inheritdoc/>
    public Stream Stream => _responseStream ??= _pipe.AsStream(leaveOpen: true);

    /// <inheritdoc/>
    public PipeWriter Writer => _pipe;

    /// <inheritdoc/>
    public void OnStarting(Func<object, Task> callback, object state) => throw new NotSupportedException("Headers are set before the first byte is written.");

    /// <inheritdoc/>
    public void OnCompleted(Func<object, Task> callback, object state) => throw new NotSupportedException("A handler cleans up before it returns.");

    /// <inheritdoc/>
    public void DisableBuffering()
    {
        // Nothing is buffered beyond a flush.
    }

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken = default) => await _pipe.FlushAsync(cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    /// <inheritdoc/>
    public async Task CompleteAsync() => await _pipe.EndAsync().ConfigureAwait(false);

    // The connection.

    /// <inheritdoc/>
    public string ConnectionId { get; set; } = "";

    /// <inheritdoc/>
    public IPAddress? RemoteIpAddress { get => _connection.Channel.RemoteAddress; set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public IPAddress? LocalIpAddress { get; set; }

    /// <inheritdoc/>
    public int RemotePort { get; set; }

    /// <inheritdoc/>
    public int LocalPort { get; set; }

    // The features.

    /// <inheritdoc/>
    public bool IsReadOnly => false;

    /// <inheritdoc/>
    public int Revision => _revision;

    /// <inheritdoc/>
    public object? this[Type key]
    {
        get => _others?[key] ?? (key.IsInstanceOfType(this) ? this : null);
        set
        {
            _others ??= [];
            _others[key] = value;
            _revision++;
        }
    }

    /// <inheritdoc/>
    public TFeature? Get<TFeature>() => _others is { } others && others.Get<TFeature>() is { } set ? set : this is TFeature own ? own : default;

    /// <inheritdoc/>
    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        foreach (var type in (Type[])
            [typeof(IHttpRequestFeature), typeof(IHttpResponseFeature), typeof(IHttpResponseBodyFeature), typeof(IHttpRequestLifetimeFeature), typeof(IHttpRequestBodyDetectionFeature), typeof(IHttpConnectionFeature)])
        {
            yield return new(type, this);
        }

        foreach (var other in _others ?? [])
        {
            yield return other;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private void CancelRequest()
    {
        try
        {
            _aborted.Cancel();
        }
        catch (AggregateException e)
        {
            _connection.Server.OnUnhandled(e);
        }
    }

    /// <summary>Origin form, absolute form for the same host, or the asterisk (RFC 9112, section 3.2).</summary>
    private bool TrySplit(string target, ReadOnlySpan<byte> host)
    {
        var from = 0;
        if (target[0] != '/')
        {
            if (target == "*" && Method == HttpMethods.Options)
            {
                (Path, QueryString) = ("/", "");
                return true;
            }

            const string Http = "http://";
            if (!target.StartsWith(Http, StringComparison.OrdinalIgnoreCase))
            {
                return false;
            }

            from = target.AsSpan(Http.Length).IndexOfAny('/', '?') is var end and >= 0 ? Http.Length + end : target.Length;
            if (!System.Text.Ascii.EqualsIgnoreCase(host, target.AsSpan(Http.Length, from - Http.Length)))
            {
                return false;
            }
        }

        var question = target.IndexOf('?', from);
        QueryString = question < 0 ? "" : target[question..];
        var path = HttpText.Path(question < 0 ? target[from..] : target[from..question]);
        Path = path is { Length: 0 } ? "/" : path ?? "/";
        return path is not null;
    }
}
