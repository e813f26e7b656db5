using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace RouterDaemon.Tests.Http.Server;

/// <summary>A client that sends whatever bytes a test wants and reads answers strictly.</summary>
internal sealed class TestClient : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly byte[] _buffer = new byte[65536];
    private readonly List<byte> _unread = [];

    private TestClient(Socket socket) => Socket = socket;

    public Socket Socket { get; }

    public static async Task<TestClient> ConnectAsync(EndPoint endpoint)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, endpoint is IPEndPoint ? ProtocolType.Tcp : ProtocolType.Unspecified);
        if (endpoint is IPEndPoint)
            socket.NoDelay = true;
        await socket.ConnectAsync(endpoint).WaitAsync(Limit);
        return new TestClient(socket);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (bytes.Length > 0)
            bytes = bytes[await Socket.SendAsync(bytes, limit.Token)..];
    }

    /// <summary>Sends a request and reads its answer.</summary>
    public async Task<Answer> AskAsync(string request)
    {
        await SendAsync(request);
        return await ReadAsync(request[..request.IndexOf(' ', StringComparison.Ordinal)]);
    }

    public Task<Answer> GetAsync(string path) => AskAsync(Request("GET", path));

    public static string Request(string method, string path, string headers = "", string? body = null) =>
        $"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{(body is null ? "" : $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n")}{headers}\r\n{body}";

    /// <summary>A request whose body comes in chunks, which are what the text is.</summary>
    public static string Chunked(string path, string chunks) =>
        $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}";

    /// <summary>The next answer.</summary>
    public async Task<Answer> ReadAsync(string method = "GET")
    {
        string[] head = Encoding.Latin1.GetString(await UntilAsync("\r\n\r\n"u8.ToArray())).Split("\r\n")[..^2];
        int status = int.Parse(head[0].Split(' ')[1], CultureInfo.InvariantCulture);
        var answer = new Answer(status, head, []);
        if (method == "HEAD" || status is 100 or 204 or 304)
            return answer;
        string? length = answer["Content-Length"];
        if (answer["Transfer-Encoding"] is not null)
            return length is null ? answer with { Body = await ChunksAsync() } : throw new InvalidDataException("both a length and chunks");
        if (length is not null)
            return answer with { Body = await TakeAsync(int.Parse(length, CultureInfo.InvariantCulture)) };
        return answer with { Body = Encoding.Latin1.GetBytes(await ReadToEndAsync()) };
    }

    /// <summary>All that comes until the server closes.</summary>
    /// <exception cref="SocketException">It reset the connection.</exception>
    public async Task<string> ReadToEndAsync()
    {
        while (await MoreAsync())
        {
            // All of it.
        }

        string rest = Encoding.Latin1.GetString([.. _unread]);
        _unread.Clear();
        return rest;
    }

    /// <summary>Bytes up to and with a mark.</summary>
    public async Task<byte[]> UntilAsync(byte[] mark)
    {
        for (int from = 0; ;)
        {
            int at = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_unread)[from..].IndexOf(mark);
            if (at >= 0)
                return await TakeAsync(from + at + mark.Length);
            from = Math.Max(0, _unread.Count - mark.Length);
            if (!await MoreAsync())
                throw new EndOfStreamException($"the server closed behind: {Encoding.Latin1.GetString([.. _unread])}");
        }
    }

    public void Dispose() => Socket.Dispose();

    private async Task<byte[]> TakeAsync(int count)
    {
        while (_unread.Count < count)
        {
            if (!await MoreAsync())
                throw new EndOfStreamException($"the server closed after {_unread.Count} of {count} bytes");
        }

        byte[] taken = [.. _unread.Take(count)];
        _unread.RemoveRange(0, count);
        return taken;
    }

    private async Task<byte[]> ChunksAsync()
    {
        var body = new List<byte>();
        while (true)
        {
            string size = Encoding.Latin1.GetString(await UntilAsync("\r\n"u8.ToArray()))[..^2];
            int count = int.Parse(size, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            body.AddRange((await TakeAsync(count + 2))[..count]);
            if (count == 0)
                return [.. body];
        }
    }

    private async Task<bool> MoreAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        int received = await Socket.ReceiveAsync(_buffer.AsMemory(), limit.Token);
        _unread.AddRange(_buffer.AsSpan(0, received));
        return received > 0;
    }
}
