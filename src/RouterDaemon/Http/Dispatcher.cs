using System.Collections.Frozen;
using RouterDaemon.Telemetry;

namespace RouterDaemon.Http;

/// <summary>Guards a request, finds its row in the route table and runs it where its <see cref="Heat"/> says.</summary>
internal sealed class Dispatcher
{
    private readonly FrozenDictionary<string, Route[]> _exact;
    private readonly (string Prefix, Route Route)[] _prefixed;
    private readonly RequestGuard _guard;
    private readonly AccessGate _gate;
    private readonly ILogger _log;

    public Dispatcher(IEnumerable<Route> routes, RequestGuard guard, AccessGate gate, ILogger log)
    {
        var all = routes.ToArray();
        _exact = all.Where(r => !r.Path.EndsWith("{id}", StringComparison.Ordinal))
            .GroupBy(r => r.Path, StringComparer.Ordinal)
            .ToFrozenDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
        _prefixed = [.. all.Where(r => r.Path.EndsWith("{id}", StringComparison.Ordinal)).Select(r => (r.Path[..^4], r))];
        _guard = guard;
        _gate = gate;
        _log = log;
    }

    public Task DispatchAsync(RequestContext context)
    {
        var request = context.Http.Request;
        context.Http.Response.Headers["x-request-id"] = context.RequestId;

        var path = request.Path.Value ?? "/";
        var route = Find(path, request.Method, context, out var allowed);
        context.Route = route ?? Nearest(path);

        if (_guard.Refusal(context) is { } refusal)
        {
            return ErrorWriter.WriteAsync(context, refusal);
        }

        if (request.Headers.Origin is [{ } origin])
        {
            RequestGuard.AllowReading(context.Http.Response, origin);
        }

        if (HttpMethods.IsOptions(request.Method) && allowed is not null)
        {
            return RequestGuard.AnswerPreflightAsync(context, allowed);
        }

        if (route is null)
        {
            return allowed is null
                ? ErrorWriter.WriteAsync(context, ApiError.NotFound(path))
                : ErrorWriter.WriteAsync(context, ApiError.MethodNotAllowed(request.Method, path, allowed));
        }

        if (_gate.Refusal(context, route.Access) is { } closed)
        {
            return ErrorWriter.WriteAsync(context, closed);
        }

        return route.Heat == Heat.Hot ? RunAsync(context, route) : RunColdAsync(context, route);
    }

    private async Task RunColdAsync(RequestContext context, Route route)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await RunAsync(context, route).ConfigureAwait(false);
    }

    private async Task RunAsync(RequestContext context, Route route)
    {
        try
        {
            await route.Handler(context).ConfigureAwait(false);
        }
        catch (ApiException e)
        {
            await ErrorWriter.WriteAsync(context, e.Error).ConfigureAwait(false);
        }
        catch (Exception e) when (context.Http.RequestAborted.IsCancellationRequested)
        {
            Log.ClientGone(_log, context.RequestId, e.GetType().Name);
        }
        catch (BadHttpRequestException e)
        {
            await ErrorWriter.WriteAsync(context, ApiError.BadRequest($"The request could not be read: {e.Message}")).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Log.RequestFailed(_log, context.RequestId, route.Path, e);
            await ErrorWriter.WriteAsync(context, ApiError.Internal(context.RequestId)).ConfigureAwait(false);
        }
    }

    private Route? Find(string path, string method, RequestContext context, out string? allowed)
    {
        allowed = null;
        var wanted = HttpMethods.IsHead(method) ? HttpMethods.Get : method;
        if (_exact.TryGetValue(path, out var rows))
        {
            foreach (var row in rows)
            {
                if (row.Method == wanted)
                {
                    return row;
                }

                allowed = allowed is null ? row.Method : $"{allowed}, {row.Method}";
            }

            return null;
        }

        foreach (var (prefix, row) in _prefixed)
        {
            if (path.Length > prefix.Length && path.StartsWith(prefix, StringComparison.Ordinal))
            {
                if (row.Method == wanted)
                {
                    context.RouteValue = path[prefix.Length..];
                    return row;
                }

                allowed = row.Method;
            }
        }

        return null;
    }

    /// <summary>A row of the same dialect, so that an unknown path under <c>/api/</c> still gets Ollama's envelope.</summary>
    private Route? Nearest(string path)
    {
        if (path.StartsWith("/api/", StringComparison.Ordinal))
        {
            return _exact.Values.SelectMany(r => r).FirstOrDefault(r => r.Dialect == Dialect.Ollama);
        }

        return path.StartsWith("/v1/messages", StringComparison.Ordinal)
            ? _exact.Values.SelectMany(r => r).FirstOrDefault(r => r.Dialect == Dialect.Anthropic)
            : null;
    }
}
