using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Cache.Redis;

/// <summary>
/// Answers shared through Redis. One connection, made and made again in the background; while there is none, nothing is found and
/// nothing is stored, at once. No request waits longer than <see cref="OperationTimeout"/> for it, and none fails by it.
/// </summary>
internal sealed class RedisClient(RedisAddress address, TimeProvider time, ILogger log) : IAsyncDisposable
{
    /// <summary>Answers larger than this stay in their daemon.</summary>
    private const int MaxValueBytes = 1 << 20;

    private const string KeyPrefix = "routerd:cache:";

    /// <summary>Connecting with TLS and log-in; a look-up. After the latter the connection is given up.</summary>
    private static readonly TimeSpan OperationTimeout = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private static readonly byte[] Get = "GET"u8.ToArray();
    private static readonly byte[] Put = "SET"u8.ToArray();
    private static readonly byte[] ExpiryMs = "PX"u8.ToArray();

    private readonly CancellationTokenSource _stop = new();
    private RedisLink? _link;
    private Task _running = Task.CompletedTask;

    /// <summary>True while there is a connection.</summary>
    public bool IsUp => Volatile.Read(ref _link) is not null;

    /// <summary>Begins to connect.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Another daemon's answer, or null.</summary>
    public async ValueTask<CachedAnswer?> GetAsync(string key)
    {
        if (Volatile.Read(ref _link) is not { } link)
        {
            return null;
        }

        try
        {
            var reply = await link.CallAsync(Get, RespWriter.Text(KeyPrefix + key)).WaitAsync(OperationTimeout, time).ConfigureAwait(false);
            return reply is { Kind: RespKind.Bulk } ? SharedAnswer.Read(reply.Data) : null;
        }
        catch (TimeoutException)
        {
            // What does not answer now would make every request wait: given up until it lets itself be connected to again.
            Interlocked.CompareExchange(ref _link, null, link);
            link.Dispose();
            return null;
        }
    }

    /// <summary>Stores an answer without waiting.</summary>
    public void Set(string key, CachedAnswer answer, TimeSpan timeToLive)
    {
        if (answer.Body.Length <= MaxValueBytes && Volatile.Read(ref _link) is { } link)
        {
            link.Post(Put, RespWriter.Text(KeyPrefix + key), SharedAnswer.Write(answer), ExpiryMs, RespWriter.Number(Math.Max(1, (long)timeToLive.TotalMilliseconds)));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Volatile.Read(ref _link)?.Dispose();
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var pause = FirstPause;
        var isKnownDown = false;
        while (!_stop.IsCancellationRequested)
        {
            var reason = "";
            try
            {
                using var link = new RedisLink(await ConnectAsync().ConfigureAwait(false));
                using var stopping = _stop.Token.UnsafeRegister(static link => ((RedisLink)link!).Dispose(), link);
                var receiving = link.ReceiveAsync();
                await GreetAsync(link).ConfigureAwait(false);
                Volatile.Write(ref _link, link);
                Log.RedisUp(log, address.ToString());
                (pause, isKnownDown) = (FirstPause, false);
                reason = await receiving.ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or IOException or AuthenticationException or InvalidDataException or InvalidOperationException or ArgumentException)
            {
                reason = e.Message;
            }
            catch (Exception e) when (e is OperationCanceledException or TimeoutException)
            {
                reason = "it did not answer in time";
            }

            Volatile.Write(ref _link, null);
            if (_stop.IsCancellationRequested)
            {
                return;
            }

            if (!isKnownDown)
            {
                isKnownDown = true;
                Log.RedisDown(log, address.ToString(), reason);
            }

            // Half of it at least, so that daemons which lost it together do not come back together.
            var jitter = 0.5 + ((time.GetTimestamp() & 1023) / 2048.0);
            await Task.Delay(pause * jitter, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task<Stream> ConnectAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(ConnectTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, limit.Token).ConfigureAwait(false);
            var plain = new NetworkStream(socket, ownsSocket: true);
            if (!address.IsSecure)
            {
                return plain;
            }

            var secure = new SslStream(plain);
            await secure.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = address.Host }, limit.Token).ConfigureAwait(false);
            return secure;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Logs in, takes the database, and sees that commands are answered.</summary>
    private async Task GreetAsync(RedisLink link)
    {
        var replies = new List<Task<RespReply?>>(3);
        if (address.Password is { } password)
        {
            var secret = RespWriter.Text(password.Reveal());
            replies.Add(address.User is { } user ? link.CallAsync(RespWriter.Text("AUTH"), RespWriter.Text(user), secret) : link.CallAsync(RespWriter.Text("AUTH"), secret));
        }

        if (address.Database > 0)
        {
            replies.Add(link.CallAsync(RespWriter.Text("SELECT"), RespWriter.Number(address.Database)));
        }

        replies.Add(link.CallAsync(RespWriter.Text("PING")));
        foreach (var pending in replies)
        {
            var reply = await pending.WaitAsync(ConnectTimeout, time, _stop.Token).ConfigureAwait(false);
            if (reply is not { Kind: RespKind.Text })
            {
                throw new InvalidDataException(reply?.Text ?? "it closed the connection");
            }
        }
    }
}
