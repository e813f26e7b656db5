using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace RouterDaemon.Bench.Mock;

/// <summary>One request as the mock upstream received it, and what became of it.</summary>
public sealed class MockRequest
{
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _clientGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _clientGoneAt;

    internal MockRequest(int connectionId, string method, string path, List<KeyValuePair<string, string>> headers, byte[] body)
    {
        ConnectionId = connectionId;
        Method = method;
        Path = path;
        Headers = headers;
        Body = body;
        ReceivedAt = Stopwatch.GetTimestamp();
        if (body.Length > 0)
            ReadBody(body);
    }

    /// <summary>Counts connections from 1; two requests with the same number shared one.</summary>
    public int ConnectionId { get; }

    /// <summary>Method as sent.</summary>
    public string Method { get; }

    /// <summary>Target as sent, query included, without a <c>/b/SPEC</c> prefix.</summary>
    public string Path { get; }

    /// <summary>Header lines in order.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    /// <summary>Body bytes, chunked encoding removed.</summary>
    public byte[] Body { get; }

    /// <summary><c>model</c> of the body; empty when there is none.</summary>
    public string Model { get; private set; } = "";

    /// <summary><c>stream</c> of the body.</summary>
    public bool Stream { get; private set; }

    /// <summary><c>stream_options.include_usage</c> of the body.</summary>
    public bool IncludeUsage { get; private set; }

    /// <summary><see cref="Stopwatch"/> time stamp at the request's last byte.</summary>
    public long ReceivedAt { get; }

    /// <summary>Completes when the answer was sent, failed as scripted, or was given up because the client went away.</summary>
    public Task Finished => _finished.Task;

    /// <summary>Completes when the client closed the connection before the answer's end.</summary>
    public Task ClientGone => _clientGone.Task;

    /// <summary>Time stamp of <see cref="ClientGone"/>; 0 while it is there.</summary>
    public long ClientGoneAt => Volatile.Read(ref _clientGoneAt);

    /// <summary>Content chunks (or 1 for a whole body) that were handed to the socket.</summary>
    public int ChunksSent { get; internal set; }

    /// <summary>First value of a header; null when it was not sent.</summary>
    public string? Header(string name)
    {
        foreach (KeyValuePair<string, string> header in Headers)
        {
            if (header.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
                return header.Value;
        }

        return null;
    }

    /// <summary>The body as text.</summary>
    public string BodyText => Encoding.UTF8.GetString(Body);

    internal void MarkClientGone()
    {
        Volatile.Write(ref _clientGoneAt, Stopwatch.GetTimestamp());
        _clientGone.TrySetResult();
    }

    internal void MarkFinished() => _finished.TrySetResult();

    private void ReadBody(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth > 2)
                    continue;
                bool top = reader.CurrentDepth == 1;
                if (top && reader.ValueTextEquals("model"u8) && reader.Read() && reader.TokenType == JsonTokenType.String)
                    Model = reader.GetString()!;
                else if (top && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("stream"u8) && reader.Read())
                    Stream = reader.TokenType == JsonTokenType.True;
                else if (!top && reader.ValueTextEquals("include_usage"u8) && reader.Read())
                    IncludeUsage = reader.TokenType == JsonTokenType.True;
            }
        }
        catch (JsonException)
        {
            // The script decides what a malformed body gets; the bytes are recorded as they came.
        }
    }
}
