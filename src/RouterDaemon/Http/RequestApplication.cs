using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace RouterDaemon.Http;

/// <summary>Kestrel's application: no middleware, no scope per request, one context for each connection.</summary>
internal sealed class RequestApplication(Dispatcher dispatcher, TimeProvider time) : IHttpApplication<RequestContext>
{
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

        context.Begin(contextFeatures, time.GetTimestamp());
        return context;
    }

    public Task ProcessRequestAsync(RequestContext context) => dispatcher.DispatchAsync(context);

    public void DisposeContext(RequestContext context, Exception? exception) => context.End();
}
