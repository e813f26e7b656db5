using System.Net.Sockets;
using RouterDaemon.Transport;

namespace RouterDaemon.Http.Server;

/// <summary>The answer to what cannot be served, after which a connection ends.</summary>
internal static class LastAnswer
{
    /// <summary>Sends it and waits until the client has read it, or has nothing more to say.</summary>
    /// <param name="channel">The connection; closing it ends this too.</param>
    /// <param name="answer">The whole answer.</param>
    /// <param name="scratch">Where what is read over goes; empty = somebody else receives.</param>
    public static async Task SendAsync(Channel channel, byte[] answer, Memory<byte> scratch)
    {
        try
        {
            await channel.SendAsync(answer).ConfigureAwait(false);
            channel.ShutdownSend();
            while (scratch.Length > 0 && await channel.ReceiveAsync(scratch).ConfigureAwait(false) > 0)
            {
                // Closing on unread bytes would reset the connection, and take the answer with it.
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already.
        }
    }
}
