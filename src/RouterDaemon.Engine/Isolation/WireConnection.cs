using System.Buffers.Binary;
using System.Net.Sockets;

namespace RouterDaemon.Engine.Isolation;

/// <summary>One connection between the daemon and the process of a model: messages, each behind its length.</summary>
internal sealed class WireConnection(Socket socket) : IDisposable
{
    private const int MaxMessageBytes = 512 << 20;

    private readonly NetworkStream _stream = new(socket, ownsSocket: true);
    private readonly SemaphoreSlim _sending = new(1);
    private readonly byte[] _length = new byte[sizeof(int)];

    public static async Task<WireConnection> ConnectAsync(string path, CancellationToken ct)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), ct).ConfigureAwait(false);
            return new WireConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="IOException">The other side has gone.</exception>
    public async Task SendAsync(ReadOnlyMemory<byte> message, CancellationToken ct)
    {
        byte[] framed = new byte[sizeof(int) + message.Length];
        BinaryPrimitives.WriteInt32LittleEndian(framed, message.Length);
        message.CopyTo(framed.AsMemory(sizeof(int)));
        await _sending.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            await _stream.WriteAsync(framed, ct).ConfigureAwait(false);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>The next message, null when the other side has gone.</summary>
    public async Task<WireReader?> ReceiveAsync(CancellationToken ct)
    {
        try
        {
            await _stream.ReadExactlyAsync(_length, ct).ConfigureAwait(false);
            int length = BinaryPrimitives.ReadInt32LittleEndian(_length);
            if (length is < 1 or > MaxMessageBytes)
                return null;
            byte[] message = new byte[length];
            await _stream.ReadExactlyAsync(message, ct).ConfigureAwait(false);
            return new WireReader(message);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>Completes when the other side closes a connection on which it sends nothing more.</summary>
    public async Task ClosedAsync(CancellationToken ct)
    {
        try
        {
            byte[] none = new byte[1];
            while (await _stream.ReadAsync(none, ct).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
        }
    }

    public void Dispose() => _stream.Dispose();
}
