using System.Runtime.CompilerServices;
using RouterDaemon.Core.Wire;
using RouterDaemon.Transport;

namespace RouterDaemon.Http.Server;

/// <summary>
/// One client's connection. It reads a head, runs the application on it, ends the response and reads the next. While a request is answered
/// a receive into the other buffer is posted: it costs nothing, tells at once when the client goes away, and brings the next request.
/// </summary>
#pragma warning disable CA1001 // The body's stream holds nothing to dispose of.
internal sealed class ServerConnection
#pragma warning restore CA1001
{
    private readonly Lock _gate = new();
    private readonly RequestHead _head = new();
    private readonly RequestStream _body;
    private readonly ServerExchange _exchange;
    private readonly RequestContext _context = new();
    private readonly PostedReceive _receive;
    private readonly Action _onHandled;
    private ReceiveBuffer? _next;
    private int _scanned;
    private ConnectionPhase _phase;
    private ConfiguredTaskAwaitable.ConfiguredTaskAwaiter _handling;
    private int _isClosed;

    public ServerConnection(HttpServer server, Channel channel)
    {
        Server = server;
        Deadline = new Deadline(server);
        Channel = channel;
        _body = new RequestStream(this, channel);
        _exchange = new ServerExchange(this, _head, _body);
        _context.Attach(_exchange);
        _receive = new PostedReceive(channel, OnReceived);
        _onHandled = OnHandled;
    }

    /// <summary>Position in the server's list; the server's own.</summary>
    public int Index { get; set; } = -1;

    /// <summary>Whose connection it is.</summary>
    public HttpServer Server { get; }

    /// <summary>When it is closed.</summary>
    public Deadline Deadline { get; }

    /// <summary>The socket.</summary>
    public Channel Channel { get; }

    /// <summary>What the client sent and nobody has read.</summary>
    public ReceiveBuffer Buffer { get; private set; } = new();

    /// <summary>Nothing more that can be read comes from the client.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The response has begun.</summary>
    public bool HasAnswered => _exchange.HasStarted;

    /// <summary>Begins to read.</summary>
    public void Start()
    {
        Deadline.Set(ServerLimits.KeepAlive);
        Read();
    }

    /// <summary>Called by the server once a second: closes a connection whose client takes too long.</summary>
    public void Check(long now)
    {
        if (!Deadline.HasPassed(now))
        {
            return;
        }

        bool inHead, waits;
        lock (_gate)
        {
            (inHead, waits) = (_phase == ConnectionPhase.Reading && Buffer.Length > 0, _receive.IsPosted);
        }

        if (!inHead)
        {
            Abort();
        }
        else if (waits)
        {
            // Else it is being read at this moment.
            _ = SendLastAsync(new ApiError(408, "invalid_request_error", "request_timeout", $"The request's head was not complete after {ServerLimits.Head.TotalSeconds:0} s."));
        }
    }

    /// <summary>Closes it when it is between requests; else its response is the last one.</summary>
    public void CloseIfIdle()
    {
        bool idle;
        lock (_gate)
        {
            idle = _phase == ConnectionPhase.Reading && Buffer.Length == 0;
        }

        if (idle)
        {
            Close();
        }
    }

    /// <summary>Gives the client up, now. Any thread, any time.</summary>
    public void Abort()
    {
        _exchange.Gone();
        Close();
    }

    /// <summary>The client sends no more, or nothing that can be read. Gone: it reads no more either.</summary>
    public void ClientEnded(bool isGone)
    {
        HasEnded = true;
        if (isGone)
        {
            _exchange.Gone();
        }
    }

    private void Read()
    {
        do
        {
            Buffer.MakeRoom(0);
        }
        while (_receive.TryReceive(Buffer.Free, out var received) && Take(received) && Serve());
    }

    private void OnReceived()
    {
        var received = _receive.Result();
        ConnectionPhase phase;
        lock (_gate)
        {
            _receive.IsPosted = false;
            phase = _phase;
            if (phase == ConnectionPhase.Handling)
            {
                _next!.Received(received);
                HasEnded |= received == 0;
            }
        }

        if (phase == ConnectionPhase.Handling && received == 0)
        {
            _exchange.Gone();
        }
        else if (phase == ConnectionPhase.Reading && Take(received) && Serve())
        {
            Read();
        }
        else if (phase == ConnectionPhase.Lingering)
        {
            _ = LingerAsync();
        }
    }

    /// <summary>Takes bytes of a head; false = there will be none.</summary>
    private bool Take(int received)
    {
        if (received == 0)
        {
            Close();
            return false;
        }

        if (Buffer.Length == 0)
        {
            Deadline.Set(ServerLimits.Head);
        }

        Buffer.Received(received);
        return true;
    }

    /// <summary>Serves the requests that are here. True = more bytes are needed; false = somebody else goes on.</summary>
    private bool Serve()
    {
        while (true)
        {
            while (Buffer.Unread is [(byte)'\r', (byte)'\n', ..])
            {
                // An old client's line end behind its last body (RFC 9112, section 2.2).
                Buffer.Read(2);
            }

            if (Buffer.Unread is [] or [(byte)'\r'])
            {
                return true;
            }

            switch (RequestHeadParser.Parse(Buffer.Unread, ref _scanned, _head))
            {
                case HeadResult.Incomplete:
                    return true;
                case HeadResult.Complete:
                    break;
                default:
                    _ = SendLastAsync(_head.Fault!);
                    return false;
            }

            if (!Handle())
            {
                return false;
            }
        }
    }

    /// <summary>Runs the application. True = the response is out and the next request can be read.</summary>
    private bool Handle()
    {
        var start = Buffer.Start;
        _scanned = 0;
        Buffer.Read(_head.Length);
        Deadline.Clear();
        if (!_exchange.Begin(Buffer.Bytes, start))
        {
            _ = SendLastAsync(ApiError.BadRequest("The request's target is no path of this server."));
            return false;
        }

        _phase = ConnectionPhase.Handling;
        _body.Begin(_head, Buffer.Start);
        if (!_body.HasMore)
        {
            Watch();
        }

        var handling = Server.RunAsync(_context);
        if (handling.IsCompletedSuccessfully)
        {
            return End();
        }

        _handling = handling.ConfigureAwait(false).GetAwaiter();
        _handling.UnsafeOnCompleted(_onHandled);
        return false;
    }

    private void OnHandled()
    {
        try
        {
            _handling.GetResult();
        }
        catch (Exception e)
        {
            Server.OnUnhandled(e);
            Abort();
            return;
        }

        if (End() && Serve())
        {
            Read();
        }
    }

    /// <summary>Ends the response. True = the next request can be read here.</summary>
    private bool End()
    {
#pragma warning disable CA2012 // Consumed once: here, or in EndSlowlyAsync.
        var ending = _exchange.EndAsync();
#pragma warning restore CA2012
        if (!ending.IsCompletedSuccessfully || _body.HasMore)
        {
            _ = EndSlowlyAsync(ending);
            return false;
        }

        if (ending.Result)
        {
            return Next();
        }

        // Its client must not take what follows for the rest of it.
        Abort();
        return false;
    }

    private async Task EndSlowlyAsync(ValueTask<bool> ending)
    {
        var whole = await ending.ConfigureAwait(false);
        if (!whole)
        {
            Abort();
        }
        else if (!_body.HasMore || (_exchange.KeepAlive && await _body.DrainAsync(Server.Time, ServerLimits.Drain).ConfigureAwait(false)))
        {
            if (Next() && Serve())
            {
                Read();
            }
        }
        else
        {
            Channel.ShutdownSend();
            await LingerAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Turns to the next request. True = it can be read on this thread; false = a receive will, or the connection ends.</summary>
    private bool Next()
    {
        if (!_exchange.KeepAlive || _exchange.IsGone)
        {
            Close();
            return false;
        }

        bool isReceiving;
        lock (_gate)
        {
            // Watch made it: no request ends before its body does.
            (Buffer, _next) = (_next!, Buffer);
            _scanned = 0;
            _phase = ConnectionPhase.Reading;
            Deadline.Set(Buffer.Length > 0 ? ServerLimits.Head : ServerLimits.KeepAlive);
            isReceiving = _receive.IsPosted;
        }

        if (HasEnded)
        {
            Close();
            return false;
        }

        if (Server.IsStopping)
        {
            CloseIfIdle();
        }

        return !isReceiving;
    }

    /// <summary>
    /// The request is here whole: what came behind it moves to the other buffer, and if that is nothing, the next receive goes there.
    /// A client that sends requests ahead is not watched while it waits for the first.
    /// </summary>
    public void Watch()
    {
        var next = _next ??= new ReceiveBuffer();
        next.Refill(Buffer.Unread);
        Buffer.Clear();
        if (next.Length == 0 && _receive.TryReceive(next.Free, out var received))
        {
            next.Received(received);
            if (received == 0)
            {
                ClientEnded(isGone: true);
            }
        }
    }

    /// <summary>Answers what cannot be served, and closes when the client has had time to read that.</summary>
    private async Task SendLastAsync(ApiError error)
    {
        bool isReceiving;
        lock (_gate)
        {
            if (_phase != ConnectionPhase.Reading)
            {
                return;
            }

            _phase = ConnectionPhase.Lingering;
            isReceiving = _receive.IsPosted;
        }

        Deadline.Set(ServerLimits.Drain);
        if (await LastAnswer.SendAsync(Channel, ResponseHead.Refusal(error, Server.DateLine), readsOver: !isReceiving).ConfigureAwait(false))
        {
            Close();
        }
    }

    /// <summary>Closes when the client has no more to say, or after a while.</summary>
    private async Task LingerAsync()
    {
        Deadline.Set(ServerLimits.Drain);
        await LastAnswer.ReadOverAsync(Channel).ConfigureAwait(false);
        Close();
    }

    private void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) == 0)
        {
            Channel.Dispose();
            Server.Remove(this);
        }
    }
}
