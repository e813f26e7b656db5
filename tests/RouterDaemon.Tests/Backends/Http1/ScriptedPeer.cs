using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RouterDaemon.Tests.Backends.Http1;

/// <summary>A listener on loopback that reads requests and sends whatever bytes a test wants, one script for each request.</summary>
internal sealed class ScriptedPeer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Func<Socket, int, Task<bool>> _answer;
    private readonly Task _accepting;
    private readonly List<Socket> _open = [];
    private int _requests;

    /// <param name="answer">Gets the socket and the request's number from 0; false closes the connection.</param>
    /// <param name="unixPath">A Unix socket instead of a port.</param>
    public ScriptedPeer(Func<Socket, int, Task<bool>> answer, string? unixPath = null)
    {
        _answer = answer;
        _listener = unixPath is null
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _listener.Bind(unixPath is null ? new IPEndPoint(IPAddress.Loopback, 0) : new UnixDomainSocketEndPoint(unixPath));
        _listener.Listen(64);
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public int Connections { get; private set; }

    public List<string> Requests { get; } = [];

    /// <summary>Sends a text and keeps the connection.</summary>
    public static async Task<bool> SendAsync(Socket socket, string text)
    {
        await socket.SendAsync(Encoding.Latin1.GetBytes(text));
        return true;
    }

    public void CloseConnections()
    {
        lock (_open)
        {
            foreach (Socket socket in _open)
                socket.Dispose();
            _open.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        CloseConnections();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync();
                Connections++;
                lock (_open)
                    _open.Add(socket);
                _ = ServeAsync(socket);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            while (await ReadAsync(socket) is { } request)
            {
                lock (Requests)
                    Requests.Add(request);
                if (!await _answer(socket, Interlocked.Increment(ref _requests) - 1))
                    break;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client left.
        }

        socket.Dispose();
    }

    private static async Task<string?> ReadAsync(Socket socket)
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[65536];
        while (true)
        {
            int read = await socket.ReceiveAsync(buffer);
            if (read == 0)
                return null;
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            string all = text.ToString();
            int end = all.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
                continue;
            string length = all[..end].Split("\r\n").First(l => l.StartsWith("Content-Length:", StringComparison.Ordinal));
            if (all.Length >= end + 4 + int.Parse(length[15..]))
                return all;
        }
    }
}
