using System.Buffers;
using RouterDaemon.Core.Fleet;
using RouterDaemon.Http;
using RouterDaemon.Relay;

namespace RouterDaemon.Cache;

/// <summary>
/// Copies an answer on its way to the client into pooled memory, to be kept when it is whole. Above the bound of an entry it gives
/// up. Used by one thread at a time; disposed with its call, which lets those who wait for it go on.
/// </summary>
internal sealed class AnswerRecording(ResponseCache cache, string key, Flight? flight, NameTarget target) : IDisposable
{
    private const int FirstBufferBytes = 4 * 1024;

    private byte[]? _buffer;
    private int _length;
    private bool _isClosed;

    /// <summary>Takes the next bytes.</summary>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (_isClosed)
        {
            return;
        }

        var needed = (long)_length + bytes.Length;
        if (needed > cache.MaxEntryBytes)
        {
            Close(null, isTooLarge: true);
            return;
        }

        if (_buffer is null || needed > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max((int)needed, _buffer is null ? FirstBufferBytes : _buffer.Length * 2));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ReturnBuffer();
            _buffer = larger;
        }

        bytes.CopyTo(_buffer.AsSpan(_length));
        _length += bytes.Length;
    }

    /// <summary>The answer is whole: it is kept and shared.</summary>
    public void Complete(Dialect dialect, InferenceCall call)
    {
        // A text that two deployments wrote, or one that stood in for the model asked for, is not what the next one should get.
        if (_isClosed || call.Rescues.Count > 0 || call.Deployment is not { } deployment || ResponseCache.Find(call, target, deployment.Id) is null)
        {
            return;
        }

        var answer = new CachedAnswer
        {
            Body = _buffer.AsSpan(0, _length).ToArray(),
            Dialect = dialect,
            IsStream = call.Peek.Stream,
            DeploymentId = deployment.Id,
            Usage = call.Usage,
            StoredUnixMs = cache.NowUnixMs,
        };
        cache.Keep(key, answer);
        Close(answer, isTooLarge: false);
    }

    /// <summary>The answer was found elsewhere.</summary>
    public void Complete(CachedAnswer answer) => Close(answer, isTooLarge: false);

    /// <inheritdoc/>
    public void Dispose() => Close(null, isTooLarge: false);

    private void Close(CachedAnswer? answer, bool isTooLarge)
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        ReturnBuffer();
        if (flight is not null)
        {
            cache.Land(key, flight);
            flight.End(answer, isTooLarge);
        }
    }

    private void ReturnBuffer()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
