using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace RouterDaemon.Bench.Mock;

/// <summary>One client connection: reads HTTP/1.1 requests and answers them in order, always with a receive pending so that a
/// client that goes away is noticed at once.</summary>
internal sealed class MockConnection(MockUpstream upstream, Socket socket, int id)
{
    private const int MaxHeadBytes = 1 << 20;
    private byte[] _buffer = new byte[8192];
    private int _length;
    private Task<int>? _pendingReceive;

    public async Task RunAsync()
    {
        bool reset = false;
        try
        {
            socket.NoDelay = true;
            while (await ReadRequestAsync() is { } request)
            {
                if (!await AnswerAsync(request))
                    break;
            }
        }
        catch (MockCutException cut)
        {
            reset = cut.Reset;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException or FormatException)
        {
            // The client went away, or sent no HTTP: there is nobody to answer.
        }

        Close(reset);
    }

    /// <summary>Closes with FIN, or with RST.</summary>
    public void Close(bool reset)
    {
        try
        {
            if (reset)
                socket.LingerState = new LingerOption(true, 0);
            else
                socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed by the peer already.
        }

        socket.Dispose();
    }

    private async Task<bool> AnswerAsync(MockRequest request)
    {
        using var gone = new CancellationTokenSource();
        Task watch = WatchAsync(request, gone);
        try
        {
            MockBehaviour behaviour = upstream.Choose(request);
            long number = upstream.NextNumber();
            var writer = new MockWriter(socket, behaviour.CutAfterBytes, gone.Token);
            bool keep = await new MockResponder(request, behaviour, writer, number, upstream.NextJitter(), gone.Token).RespondAsync(upstream);
            request.MarkFinished();
            return keep;
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            if (request.ClientGoneAt == 0)
                request.MarkClientGone();
            return false;
        }
        finally
        {
            request.MarkFinished();
            upstream.Done();
            if (watch.IsFaulted)
                await watch;
        }
    }

    private async Task WatchAsync(MockRequest request, CancellationTokenSource gone)
    {
        _pendingReceive ??= ReceiveAsync();
        Task<int> receive = _pendingReceive;
        if (await receive == 0 && !request.Finished.IsCompleted)
        {
            request.MarkClientGone();
            try
            {
                await gone.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // The answer ended in the same moment.
            }
        }
    }

    private async Task<int> ReceiveAsync()
    {
        if (_length == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        try
        {
            return await socket.ReceiveAsync(_buffer.AsMemory(_length), SocketFlags.None);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return 0;
        }
    }

    private async Task<bool> FillAsync()
    {
        _pendingReceive ??= ReceiveAsync();
        int received = await _pendingReceive;
        _pendingReceive = null;
        _length += received;
        return received > 0;
    }

    private async Task<MockRequest?> ReadRequestAsync()
    {
        int headEnd;
        int scanned = 0;
        while ((headEnd = _buffer.AsSpan(scanned, _length - scanned).IndexOf("\r\n\r\n"u8)) < 0)
        {
            scanned = Math.Max(0, _length - 3);
            if (_length > MaxHeadBytes || !await FillAsync())
                return null;
        }

        headEnd += scanned + 4;
        string[] lines = Encoding.Latin1.GetString(_buffer, 0, headEnd - 4).Split("\r\n");
        string[] start = lines[0].Split(' ');
        if (start.Length != 3)
            throw new FormatException("request line");
        var headers = new List<KeyValuePair<string, string>>(lines.Length);
        long contentLength = 0;
        bool chunked = false;
        foreach (string line in lines.Skip(1))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            string name = line[..Math.Max(colon, 0)];
            string value = line[(colon + 1)..].Trim();
            headers.Add(new(name, value));
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
                contentLength = long.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture);
            else if (name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase))
                chunked = value.Contains("chunked", StringComparison.OrdinalIgnoreCase);
            else if (name.Equals("Expect", StringComparison.OrdinalIgnoreCase))
                await socket.SendAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), SocketFlags.None);
        }

        Drop(headEnd);
        byte[]? body = chunked ? await ReadChunkedAsync() : await ReadExactAsync((int)contentLength);
        if (body is null)
            return null;
        string path = upstream.TakePrefix(start[1], headers);
        var request = new MockRequest(id, start[0], path, headers, body);
        upstream.Received(request);
        return request;
    }

    private async Task<byte[]?> ReadExactAsync(int count)
    {
        while (_length < count)
        {
            if (!await FillAsync())
                return null;
        }

        byte[] body = count == 0 ? [] : _buffer.AsSpan(0, count).ToArray();
        Drop(count);
        return body;
    }

    private async Task<byte[]?> ReadChunkedAsync()
    {
        using var body = new MemoryStream();
        while (true)
        {
            int lineEnd;
            while ((lineEnd = _buffer.AsSpan(0, _length).IndexOf("\r\n"u8)) < 0)
            {
                if (!await FillAsync())
                    return null;
            }

            int size = int.Parse(Encoding.ASCII.GetString(_buffer, 0, lineEnd).Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            Drop(lineEnd + 2);
            if (await ReadExactAsync(size + 2) is not { } chunk)
                return null;
            if (size == 0)
                return body.ToArray();
            body.Write(chunk, 0, size);
        }
    }

    private void Drop(int count)
    {
        _buffer.AsSpan(count, _length - count).CopyTo(_buffer);
        _length -= count;
    }
}
