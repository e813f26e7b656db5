using System.Net.Sockets;
using RouterDaemon.Transport;

namespace RouterDaemon.Http.Server;

/// <summary>How a connection ends whose client may still be sending: closing on unread bytes would reset it, and take the answer with it.</summary>
internal static class LastAnswer
{
    /// <summary>Sends the answer and says that there will be no other. True = the connection can be closed.</summary>
    /// <param name="channel">The connection.</param>
    /// <param name="answer">The whole answer.</param>
    /// <param name="readsOver">False = somebody else receives, and will read over what comes.</param>
    public static async Task<bool> SendAsync(Channel channel, byte[] answer, bool readsOver)
    {
        try
        {
            await channel.SendAsync(answer).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return true;
        }

        channel.ShutdownSend();
        if (readsOver)
        {
            await ReadOverAsync(channel).ConfigureAwait(false);
        }

        return readsOver;
    }

    /// <summary>Reads over what the client sends until it has no more to say. Closing the connection ends this too.</summary>
    public static async Task ReadOverAsync(Channel channel)
    {
        var scratch = new byte[ReceiveBuffer.FirstBytes];
        try
        {
            while (await channel.ReceiveAsync(scratch).ConfigureAwait(false) > 0)
            {
                // Nobody wants it.
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Gone already.
        }
    }
}
