using System.Net.Sockets;

namespace RouterDaemon.Bench.Mock;

/// <summary>Sends bytes and stops at a scripted number of them.</summary>
internal sealed class MockWriter(Socket socket, long cutAfterBytes, CancellationToken clientGone)
{
    private long _left = cutAfterBytes < 0 ? long.MaxValue : cutAfterBytes;

    /// <exception cref="MockCutException">The scripted number of bytes is reached.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        bool cut = bytes.Length > _left;
        if (cut)
            bytes = bytes[..(int)_left];
        _left -= bytes.Length;
        while (bytes.Length > 0)
        {
            int sent = await socket.SendAsync(bytes, SocketFlags.None, clientGone);
            bytes = bytes[sent..];
        }

        if (cut)
            throw new MockCutException(reset: false);
    }
}
