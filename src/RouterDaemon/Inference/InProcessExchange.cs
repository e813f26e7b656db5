using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using RouterDaemon.Core;
using RouterDaemon.Http;

namespace RouterDaemon.Inference;

/// <summary>
/// A request that comes from inside the process: what the relay sees of a connection, without one. The answer's bytes go through a pipe;
/// whoever disposes this before the end has gone away, as a client that closes its connection.
/// </summary>
internal sealed class InProcessExchange : IHttpResponseBodyFeature, IHttpRequestLifetimeFeature, IAsyncDisposable
{
    private readonly Pipe _answer = new();
    private readonly CancellationTokenSource _aborted;
    private Task _running = Task.CompletedTask;

    /// <param name="path">Path of the route that is stood in for.</param>
    /// <param name="body">The body.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">Random part of the request's id.</param>
    /// <param name="cancellation">Counts as the client going away.</param>
    public InProcessExchange(string path, byte[] body, TimeProvider time, ulong random, CancellationToken cancellation)
    {
        _aborted = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        RequestAborted = _aborted.Token;
        var request = new HttpRequestFeature { Method = "POST", Scheme = "http", Protocol = "HTTP/1.1", Path = path, Body = new MemoryStream(body, writable: false) };
        request.Headers.ContentType = "application/json";
        request.Headers.ContentLength = body.Length;
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(request);
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(this);
        features.Set<IHttpRequestLifetimeFeature>(this);
        Context.Attach(features);
        Context.Begin(time, random);
    }

    /// <summary>The request as the relay takes it.</summary>
    public RequestContext Context { get; } = new();

    /// <summary>The answer; its status and headers are set once it holds a byte.</summary>
    public PipeReader Answer => _answer.Reader;

    /// <inheritdoc/>
    public CancellationToken RequestAborted { get; set; }

    /// <inheritdoc/>
    public PipeWriter Writer => _answer.Writer;

    /// <inheritdoc/>
    public Stream Stream => field ??= _answer.Writer.AsStream(leaveOpen: true);

    /// <summary>Runs the handler until the answer is whole.</summary>
    public void Start(Func<RequestContext, ValueTask> handler) => _running = RunAsync(handler);

    /// <inheritdoc/>
    public void Abort() => _aborted.Cancel();

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task CompleteAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public void DisableBuffering()
    {
        // Nothing is buffered beyond the pipe.
    }

    /// <inheritdoc/>
    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException("No route that is called from inside sends files.");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_running.IsCompleted)
        {
            await _aborted.CancelAsync().ConfigureAwait(false);
            await _answer.Reader.CompleteAsync().ConfigureAwait(false);
        }

        await _running.ConfigureAwait(false);
        Context.Detach();
        _aborted.Dispose();
    }

    private async Task RunAsync(Func<RequestContext, ValueTask> handler)
    {
        Exception? failure = null;
        try
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            await handler(Context).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The reader of the answer gets it.
            failure = e is OperationCanceledException ? e : new InferenceException($"the router failed: {e.Message}", e);
        }

        await _answer.Writer.CompleteAsync(failure).ConfigureAwait(false);
    }
}
