using System.Net;
using Microsoft.AspNetCore.Http.Features;
using RouterDaemon.Keys;

namespace RouterDaemon.Http;

/// <summary>What one request carries from accept to answer. Kept by its connection and used again for the next request.</summary>
internal sealed class RequestContext
{
    /// <summary>ASP.NET's view of the request, re-initialised for each one.</summary>
    public DefaultHttpContext Http { get; } = new();

    /// <summary>The row that matched, once dispatched.</summary>
    public Route? Route { get; set; }

    /// <summary>What <c>{id}</c> of the route's path stands for, still escaped as sent and then unescaped once.</summary>
    public string RouteValue { get; set; } = "";

    /// <summary>When the request's headers had been read, by the daemon's monotonic clock.</summary>
    public long StartedTimestamp { get; set; }

    /// <summary>Arrival by the wall clock, microseconds since 1970.</summary>
    public long StartedUnixMicros { get; set; }

    /// <summary>Arrival by the wall clock, seconds since 1970.</summary>
    public long StartedUnixSeconds => StartedUnixMicros / 1_000_000;

    /// <summary>The id under which the request is recorded.</summary>
    public Store.Journal.RequestId Id { get; set; }

    /// <summary>Sent back as <c>x-request-id</c>: <see cref="Id"/> as text, the key of the request's row.</summary>
    public string RequestId { get; private set; } = "";

    /// <summary>The API key that the caller presented; null = none.</summary>
    public ApiKey? Key { get; set; }

    /// <summary>Id of <see cref="Key"/>.</summary>
    public string? KeyId => Key?.Row.Id;

    /// <summary>What <see cref="AccessGate"/> found out about this connection's last credentials.</summary>
    public KnownCaller Known;

    /// <summary>The shape of errors for this request.</summary>
    public Dialect Dialect => Route?.Dialect ?? Dialect.OpenAi;

    /// <summary>True when the peer is this machine, or a Unix socket.</summary>
    public bool IsLoopback => Http.Connection.RemoteIpAddress is not { } address || IPAddress.IsLoopback(address);

    /// <summary>Looks at requests through these features from now on.</summary>
    public void Attach(IFeatureCollection features) => Http.Initialize(features);

    /// <summary>Turns to the next request of the features.</summary>
    public void Begin(TimeProvider time, ulong random)
    {
        StartedTimestamp = time.GetTimestamp();
        StartedUnixMicros = (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        Id = Store.Journal.RequestId.Create(StartedUnixMicros / 1000, random >> 48, random);
        RequestId = Id.ToString();
        Route = null;
        RouteValue = "";
        Key = null;
    }

    /// <summary>Lets go of the request's features.</summary>
    public void Detach() => Http.Uninitialize();
}
