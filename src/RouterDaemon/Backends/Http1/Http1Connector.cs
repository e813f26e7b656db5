using System.Net;
using System.Net.Sockets;
using RouterDaemon.Relay;
using RouterDaemon.Transport;

namespace RouterDaemon.Backends.Http1;

/// <summary>
/// Opens connections to one upstream. Names are looked up for every new connection; where one has several addresses the families
/// take turns and the next attempt starts while the last one is still unanswered (RFC 8305, "Happy Eyeballs").
/// </summary>
internal sealed class Http1Connector(string host, int port, string? socketPath, TimeSpan connectTimeout, TimeProvider time)
{
    /// <summary>Head start of each attempt before the next address is tried as well (RFC 8305, section 5).</summary>
    public static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    private readonly IPAddress? _literal = IPAddress.TryParse(host, out var address) ? address : null;

    /// <summary>A connection.</summary>
    /// <exception cref="UpstreamException">No connection, or not in time.</exception>
    public async ValueTask<Channel> ConnectAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(connectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            if (socketPath is not null)
            {
                return await SocketTransport.Default.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), either.Token).ConfigureAwait(false);
            }

            var addresses = _literal is not null ? [_literal] : await Dns.GetHostAddressesAsync(host, either.Token).ConfigureAwait(false);
            return addresses.Length switch
            {
                0 => throw new UpstreamException(RelayError.UpstreamConnect, "its host name is not known"),
                1 => await SocketTransport.Default.ConnectAsync(new IPEndPoint(addresses[0], port), either.Token).ConfigureAwait(false),
                _ => await RaceAsync(InTurns(addresses), either.Token).ConfigureAwait(false),
            };
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UpstreamException(RelayError.UpstreamConnectTimeout, "no connection in time", e);
        }
        catch (SocketException e)
        {
            throw new UpstreamException(RelayError.UpstreamConnect, e.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain
                ? "its host name is not known"
                : $"no connection ({e.SocketErrorCode})", e);
        }
    }

    /// <summary>Addresses with the families taking turns, the resolver's first choice first.</summary>
    public static List<IPAddress> InTurns(IReadOnlyList<IPAddress> addresses)
    {
        var ordered = new List<IPAddress>(addresses.Count);
        var rest = new List<IPAddress>(addresses);
        while (rest.Count > 0)
        {
            var other = ordered.Count > 0 ? rest.FindIndex(a => a.AddressFamily != ordered[^1].AddressFamily) : 0;
            ordered.Add(rest[Math.Max(0, other)]);
            rest.RemoveAt(Math.Max(0, other));
        }

        return ordered;
    }

    private async Task<Channel> RaceAsync(List<IPAddress> addresses, CancellationToken cancellationToken)
    {
        using var losers = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task<Channel>>();
        var next = 0;
        Exception? last = null;
        while (next < addresses.Count || running.Count > 0)
        {
            if (next < addresses.Count)
            {
                running.Add(SocketTransport.Default.ConnectAsync(new IPEndPoint(addresses[next++], port), losers.Token).AsTask());
            }

            Task done = next < addresses.Count
                ? await Task.WhenAny([.. running, Task.Delay(AttemptDelay, time, losers.Token)]).ConfigureAwait(false)
                : await Task.WhenAny(running).ConfigureAwait(false);
            if (done is not Task<Channel> attempt)
            {
                cancellationToken.ThrowIfCancellationRequested();
                continue;
            }

            running.Remove(attempt);
            try
            {
                var winner = await attempt.ConfigureAwait(false);
                await losers.CancelAsync().ConfigureAwait(false);
                foreach (var loser in running)
                {
                    _ = DisposeAsync(loser);
                }

                return winner;
            }
            catch (SocketException e)
            {
                last = e;
            }
        }

        throw last!;
    }

    private static async Task DisposeAsync(Task<Channel> loser)
    {
        try
        {
            (await loser.ConfigureAwait(false)).Dispose();
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // It lost anyway.
        }
    }
}
