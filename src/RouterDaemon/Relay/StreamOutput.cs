using System.Buffers;
using System.IO.Pipelines;

namespace RouterDaemon.Relay;

/// <summary>
/// The client's side of a stream. Headers go out with the first bytes; while an upstream is silent, comments keep the connection
/// alive. Writers take turns: the relay loop and the watch's keep-alive never interleave.
/// </summary>
internal sealed class StreamOutput : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly HttpContext _http;
    private readonly Action<HttpResponse> _writeHeaders;
    private readonly ReadOnlyMemory<byte> _keepAlive;
    private readonly TimeProvider _time;
    private readonly long _intervalTicks;
    private long _lastWriteTimestamp;
    private bool _isStopped;

    /// <param name="http">The request.</param>
    /// <param name="writeHeaders">Sets status and headers; called once, before the first bytes.</param>
    /// <param name="keepAlive">What is sent while the upstream is silent; empty = nothing (NDJSON has no comments).</param>
    /// <param name="time">The clock.</param>
    /// <param name="interval">Silence before a keep-alive.</param>
    public StreamOutput(HttpContext http, Action<HttpResponse> writeHeaders, ReadOnlyMemory<byte> keepAlive, TimeProvider time, TimeSpan interval)
    {
        _http = http;
        _writeHeaders = writeHeaders;
        _keepAlive = keepAlive;
        _time = time;
        _intervalTicks = (long)(interval.TotalSeconds * time.TimestampFrequency);
        _lastWriteTimestamp = time.GetTimestamp();
    }

    /// <summary>True once status and headers are the client's: later failures are events in the stream.</summary>
    public bool IsCommitted { get; private set; }

    /// <summary>True when a keep-alive, and not content, committed the headers.</summary>
    public bool CommittedByKeepAlive { get; private set; }

    /// <summary>Takes the turn to write. Pair with <see cref="EndAsync"/>.</summary>
    public async ValueTask<PipeWriter> BeginAsync()
    {
        await _turn.WaitAsync(_http.RequestAborted).ConfigureAwait(false);
        try
        {
            Commit();
            return _http.Response.BodyWriter;
        }
        catch
        {
            _turn.Release();
            throw;
        }
    }

    /// <summary>Ends the keep-alives, for an answer that goes out otherwise. True = the headers of a stream are out already.</summary>
    public async ValueTask<bool> StopKeepAliveAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        _isStopped = true;
        _turn.Release();
        return IsCommitted;
    }

    /// <summary>Sends what was written and gives the turn back. It ends early only when the connection does.</summary>
    public async ValueTask<FlushResult> EndAsync()
    {
        try
        {
            return await _http.Response.BodyWriter.FlushAsync().ConfigureAwait(false);
        }
        finally
        {
            Volatile.Write(ref _lastWriteTimestamp, _time.GetTimestamp());
            _turn.Release();
        }
    }

    /// <summary>Called by the watch: sends a comment when nothing was sent for the interval.</summary>
    public void KeepAliveIfSilent(long now)
    {
        if (_keepAlive.Length > 0 && now - Volatile.Read(ref _lastWriteTimestamp) >= _intervalTicks)
        {
            _ = KeepAliveAsync();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task KeepAliveAsync()
    {
        try
        {
            if (!await _turn.WaitAsync(0).ConfigureAwait(false))
            {
                return;
            }

            if (_isStopped)
            {
                _turn.Release();
                return;
            }

            try
            {
                CommittedByKeepAlive |= !IsCommitted;
                Commit();
                _http.Response.BodyWriter.Write(_keepAlive.Span);
            }
            catch
            {
                _turn.Release();
                throw;
            }

            await EndAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or InvalidOperationException or IOException)
        {
            // The client went away or the request just ended; the relay loop sees the same and accounts for it.
        }
    }

    private void Commit()
    {
        if (!IsCommitted)
        {
            _writeHeaders(_http.Response);
            IsCommitted = true;
        }
    }
}
