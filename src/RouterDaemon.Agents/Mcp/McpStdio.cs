using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RouterDaemon.Agents.Mcp;

/// <summary>The stdio transport: one message for each line, requests answered as they finish, the end of the input ends it.</summary>
public sealed class McpStdio(McpServer server, Stream input, Stream output) : IDisposable
{
    /// <summary>Bytes of one message; a longer line is skipped and gets an error.</summary>
    public const int MaxMessageBytes = 1 << 20;

    /// <summary>Requests at once; further lines wait to be read.</summary>
    public const int MaxRunning = 8;

    private readonly SemaphoreSlim _free = new(MaxRunning, MaxRunning);
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _running = new(StringComparer.Ordinal);

    /// <summary>Serves until the input ends, then until what was begun is answered.</summary>
    public async Task RunAsync(CancellationToken cancellation = default)
    {
        var reader = PipeReader.Create(input);
        var isSkipping = false;
        while (true)
        {
            var read = await reader.ReadAsync(cancellation).ConfigureAwait(false);
            var buffer = read.Buffer;
            while (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = buffer.Slice(0, end);
                if (!isSkipping && line.Length <= MaxMessageBytes)
                {
                    await BeginAsync(line.ToArray(), cancellation).ConfigureAwait(false);
                }
                else if (!isSkipping)
                {
                    await RefuseLongAsync(cancellation).ConfigureAwait(false);
                }

                isSkipping = false;
                buffer = buffer.Slice(buffer.GetPosition(1, end));
            }

            if (buffer.Length > MaxMessageBytes)
            {
                if (!isSkipping)
                {
                    await RefuseLongAsync(cancellation).ConfigureAwait(false);
                }

                isSkipping = true;
                buffer = buffer.Slice(buffer.End);
            }

            if (read.IsCompleted)
            {
                if (!isSkipping && buffer.Length > 0)
                {
                    await BeginAsync(buffer.ToArray(), cancellation).ConfigureAwait(false);
                }

                break;
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }

        for (var i = 0; i < MaxRunning; i++)
        {
            await _free.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _free.Dispose();
        _turn.Dispose();
    }

    private async Task BeginAsync(byte[] line, CancellationToken cancellation)
    {
        if (line.AsSpan().Trim(" \t\r"u8).IsEmpty)
        {
            return;
        }

        JsonDocument message;
        try
        {
            message = JsonDocument.Parse(line);
        }
        catch (JsonException e)
        {
            await WriteAsync(new McpException(McpException.ParseError, $"The message is not JSON: {e.Message}").ToError(null), cancellation).ConfigureAwait(false);
            return;
        }

        if (RawText(message.RootElement, "method") == "\"notifications/cancelled\"")
        {
            Cancel(RawText(message.RootElement, "params", "requestId"));
            message.Dispose();
            return;
        }

        await _free.WaitAsync(cancellation).ConfigureAwait(false);
        _ = AnswerAsync(message, cancellation);
    }

    private async Task AnswerAsync(JsonDocument message, CancellationToken cancellation)
    {
        var id = RawText(message.RootElement, "id");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var isListed = id is not null && _running.TryAdd(id, limit);
        try
        {
            var answer = await server.AnswerAsync(message.RootElement, null, limit.Token).ConfigureAwait(false);
            if (answer.Body is { } body)
            {
                await WriteAsync(body, limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // Cancelled: no answer is sent. Or nobody reads any more, and the input ends too.
        }
        finally
        {
            if (isListed)
            {
                _running.TryRemove(id!, out _);
            }

            message.Dispose();
            _free.Release();
        }
    }

    private void Cancel(string? id)
    {
        if (id is null || !_running.TryGetValue(id, out var running))
        {
            return;
        }

        try
        {
            running.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It finished in this moment.
        }
    }

    private Task RefuseLongAsync(CancellationToken cancellation) => WriteAsync(
        new McpException(McpException.InvalidRequest, $"A message is larger than {MaxMessageBytes} bytes").ToError(null), cancellation);

    private async Task WriteAsync(JsonNode body, CancellationToken cancellation)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            body.WriteTo(json);
        }

        buffer.Write("\n"u8);
        await _turn.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            // A line that was begun is finished: half of one would garble all that follow.
            await output.WriteAsync(buffer.WrittenMemory, CancellationToken.None).ConfigureAwait(false);
            await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    // The raw JSON of a member, so that the id 1 and the id "1" differ.
    private static string? RawText(JsonElement at, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                return null;
            }
        }

        return at.GetRawText();
    }
}
