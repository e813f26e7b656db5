using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace RouterDaemon.Http;

/// <summary>The application of both servers: no middleware, no scope per request, one context for each connection.</summary>
internal sealed class RequestApplication(Dispatcher dispatcher, TimeProvider time) : IHttpApplication<RequestContext>
{
    // The kernel's generator, without loading a TLS library for eight bytes.
    private readonly ulong _random = BitConverter.ToUInt64(Guid.NewGuid().ToByteArray(), 8);
    private ulong _count;

    public RequestContext CreateContext(IFeatureCollection contextFeatures)
    {
        RequestContext context;
        if (contextFeatures is IHostContextContainer<RequestContext> container)
        {
            context = container.HostContext ??= new RequestContext();
        }
        else
        {
            context = new RequestContext();
        }

        context.Attach(contextFeatures);
        Begin(context);
        return context;
    }

    /// <summary>Gives the next request of a context its time and its id.</summary>
    public void Begin(RequestContext context) =>
        // An odd multiplier makes the walk over all 2^64 values a permutation: no id twice, no visible counter.
        context.Begin(time, _random + (Interlocked.Increment(ref _count) * 0x9E3779B97F4A7C15UL));

    public Task ProcessRequestAsync(RequestContext context) => dispatcher.DispatchAsync(context);

    public void DisposeContext(RequestContext context, Exception? exception) => context.Detach();
}
