using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace RouterDaemon.Bench.Load;

/// <summary>One keep-alive connection of the load generator. Requests are sent by whoever calls <see cref="Begin"/>; the receive loop reads
/// answers and hands the connection back.</summary>
internal sealed class LoadConnection : IDisposable
{
    private enum Part
    {
        Head,
        Length,
        ChunkSize,
        ChunkData,
    }

    private readonly LoadRun _run;
    private readonly IPEndPoint _endpoint;
    private readonly byte[] _buffer = new byte[65536];
    private byte[] _events = new byte[8192];
    private Socket _socket;
    private SslStream? _tls;
    private int _eventLength;
    private int _buffered;
    private Part _part;
    private long _left;
    private bool _lastChunk;
    private bool _done;
    private int _status;
    private LoadAnswer _answer;
    private volatile bool _busy;

    private LoadConnection(LoadRun run, IPEndPoint endpoint, Socket socket, SslStream? tls)
    {
        _tls = tls;
        _run = run;
        _endpoint = endpoint;
        _socket = socket;
    }

    public static async Task<LoadConnection> OpenAsync(LoadRun run, IPEndPoint endpoint)
    {
        (Socket socket, SslStream? tls) = await ConnectAsync(endpoint, run.TlsHost);
        return new LoadConnection(run, endpoint, socket, tls);
    }

    /// <summary>Sends a request that was due at a moment.</summary>
    public void Begin(long dueAt)
    {
        _answer = new LoadAnswer { DueAt = dueAt };
        _part = Part.Head;
        _done = false;
        _eventLength = 0;
        _busy = true;
        try
        {
            if (_tls is null)
                _socket.Send(_run.Request.Span);
            else
                _tls.Write(_run.Request.Span);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            // The receive loop sees the same end and reports it.
        }
        catch (ObjectDisposedException)
        {
            // The run is over.
        }
    }

    public async Task ReceiveLoopAsync()
    {
        while (!_run.Stopped)
        {
            int received;
            try
            {
                received = _tls is null ? await _socket.ReceiveAsync(_buffer.AsMemory(_buffered), SocketFlags.None) : await _tls.ReadAsync(_buffer.AsMemory(_buffered));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
            {
                received = 0;
            }

            long now = Stopwatch.GetTimestamp();
            if (received > 0)
                _buffered += received;
            string? fault = received == 0 ? "connection closed" : Parse(now);
            if (fault is null)
                continue;
            if (!await ReconnectAsync())
                return;
            if (_busy)
            {
                _busy = false;
                _run.Failed(this, fault);
            }
        }
    }

    public void Dispose()
    {
        _tls?.Dispose();
        _socket.Dispose();
    }

    private static async Task<(Socket Socket, SslStream? Tls)> ConnectAsync(IPEndPoint endpoint, string? tlsHost)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(endpoint);
        if (tlsHost is null)
            return (socket, null);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsClientAsync(tlsHost);
        return (socket, tls);
    }

    private async Task<bool> ReconnectAsync()
    {
        Dispose();
        _buffered = 0;
        while (!_run.Stopped)
        {
            try
            {
                (_socket, _tls) = await ConnectAsync(_endpoint, _run.TlsHost);
                return true;
            }
            catch (Exception e) when (e is SocketException or IOException or System.Security.Authentication.AuthenticationException)
            {
                await Task.Delay(20);
            }
        }

        return false;
    }

    /// <summary>Reads what is buffered; null while all is well.</summary>
    private string? Parse(long now)
    {
        int at = 0;
        while (at < _buffered || (_part == Part.Length && _left == 0))
        {
            ReadOnlySpan<byte> rest = _buffer.AsSpan(at, _buffered - at);
            switch (_part)
            {
                case Part.Head:
                    int end = rest.IndexOf("\r\n\r\n"u8);
                    if (end < 0)
                        return Keep(at) ? null : "response head over 64 KiB";
                    ReadHead(rest[..(end + 2)]);
                    at += end + 4;
                    break;
                case Part.Length:
                    int take = (int)Math.Min(rest.Length, _left);
                    Content(rest[..take], now);
                    at += take;
                    _left -= take;
                    if (_left > 0)
                        break;
                    Keep(at);
                    return Complete(now);
                case Part.ChunkSize:
                    int line = rest.IndexOf("\r\n"u8);
                    if (line < 0)
                        return Keep(at) ? null : "chunk size over 64 KiB";
                    if (!Utf8Parser.TryParse(rest[..line], out _left, out int used, 'x') || used == 0)
                        return "chunk size is not a number";
                    _lastChunk = _left == 0;
                    _left += 2;
                    at += line + 2;
                    _part = Part.ChunkData;
                    break;
                case Part.ChunkData:
                    int some = (int)Math.Min(rest.Length, _left);
                    int payload = (int)Math.Min(some, Math.Max(0, _left - 2));
                    Content(rest[..payload], now);
                    at += some;
                    _left -= some;
                    if (_left > 0)
                        break;
                    _part = Part.ChunkSize;
                    if (!_lastChunk)
                        break;
                    Keep(at);
                    return Complete(now);
            }
        }

        Keep(at);
        return null;
    }

    private string? Complete(long now)
    {
        if (_status != 200)
            return $"status {_status}";
        if (_run.Stream && !_done)
            return "stream without [DONE]";
        _answer.EndedAt = now;
        _busy = false;
        LoadAnswer answer = _answer;
        _run.Completed(this, in answer);
        return null;
    }

    private bool Keep(int from)
    {
        if (from == 0)
            return _buffered < _buffer.Length;
        _buffer.AsSpan(from, _buffered - from).CopyTo(_buffer);
        _buffered -= from;
        return true;
    }

    private void ReadHead(ReadOnlySpan<byte> head)
    {
        _ = Utf8Parser.TryParse(head[9..], out _status, out _);
        _part = Part.Length;
        _left = 0;
        while (head.Length > 0)
        {
            int end = head.IndexOf("\r\n"u8);
            ReadOnlySpan<byte> line = head[..end];
            head = head[(end + 2)..];
            int colon = line.IndexOf((byte)':');
            if (colon < 0)
                continue;
            ReadOnlySpan<byte> value = line[(colon + 1)..].TrimStart((byte)' ');
            if (Ascii.EqualsIgnoreCase(line[..colon], "content-length"u8))
                _ = Utf8Parser.TryParse(value, out _left, out _);
            else if (Ascii.EqualsIgnoreCase(line[..colon], "transfer-encoding"u8))
                _part = Part.ChunkSize;
        }
    }

    private void Content(ReadOnlySpan<byte> bytes, long now)
    {
        if (!_run.Stream || bytes.IsEmpty)
            return;
        if (_eventLength > 0)
        {
            Hold(bytes);
            int taken = Events(_events.AsSpan(0, _eventLength), now);
            _events.AsSpan(taken, _eventLength - taken).CopyTo(_events);
            _eventLength -= taken;
            return;
        }

        int used = Events(bytes, now);
        if (used < bytes.Length)
            Hold(bytes[used..]);
    }

    private void Hold(ReadOnlySpan<byte> bytes)
    {
        if (_eventLength + bytes.Length > _events.Length)
            Array.Resize(ref _events, Math.Max(_events.Length * 2, _eventLength + bytes.Length));
        bytes.CopyTo(_events.AsSpan(_eventLength));
        _eventLength += bytes.Length;
    }

    /// <summary>Reads whole events; returns the bytes taken.</summary>
    private int Events(ReadOnlySpan<byte> bytes, long now)
    {
        int taken = 0;
        while (true)
        {
            int end = bytes[taken..].IndexOf("\n\n"u8);
            if (end < 0)
                return taken;
            Event(bytes.Slice(taken, end), now);
            taken += end + 2;
        }
    }

    private void Event(ReadOnlySpan<byte> text, long now)
    {
        int content = text.IndexOf("\"content\":\""u8);
        if (content < 0)
        {
            _done |= text.IndexOf("[DONE]"u8) >= 0;
            return;
        }

        ReadOnlySpan<byte> value = text[(content + "\"content\":\""u8.Length)..];
        if (value.IsEmpty || value[0] == (byte)'"')
            return;
        long sentAt = 0;
        if (value[0] == (byte)'@')
            _ = Utf8Parser.TryParse(value[1..], out sentAt, out _);
        _run.Chunk(now, _answer.LastContentAt, sentAt);
        _answer.Chunks++;
        if (_answer.FirstContentAt == 0)
            _answer.FirstContentAt = now;
        _answer.LastContentAt = now;
    }
}
