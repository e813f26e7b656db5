using System.Buffers;
using System.Text.Json;
using RouterDaemon.Http;

namespace RouterDaemon.Backends.OnDevice;

/// <summary>An answer of this machine that is one JSON object.</summary>
internal sealed class JsonResponse : BackendResponse
{
    private readonly ArrayBufferWriter<byte> _body = new(1024);
    private int _sent;

    /// <param name="write">Writes the object.</param>
    public JsonResponse(Action<Utf8JsonWriter> write)
    {
        using var json = new Utf8JsonWriter(_body, JsonDefaults.Writer);
        write(json);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var count = Math.Min(buffer.Length, _body.WrittenCount - _sent);
        _body.WrittenSpan.Slice(_sent, count).CopyTo(buffer.Span);
        _sent += count;
        return ValueTask.FromResult(count);
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
