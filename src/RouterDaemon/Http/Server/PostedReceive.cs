using System.Net.Sockets;
using System.Runtime.CompilerServices;
using RouterDaemon.Transport;

namespace RouterDaemon.Http.Server;

/// <summary>A receive of a connection that may wait for a long time, and calls when it is over. A broken connection is one that ended.</summary>
internal sealed class PostedReceive(Channel channel, Action onReceived)
{
    private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter _receive;

    /// <summary>It waits. Unset under its connection's lock.</summary>
    public bool IsPosted { get; set; }

    /// <summary>Receives what is here already. False = it waits, and will call: <see cref="Result()"/> then.</summary>
    public bool TryReceive(Memory<byte> into, out int received)
    {
        received = 0;
#pragma warning disable CA2012 // Consumed once: here, or by Result.
        var receive = channel.ReceiveAsync(into).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
        if (!receive.IsCompleted)
        {
            _receive = receive;
            IsPosted = true;
            receive.UnsafeOnCompleted(onReceived);
            return false;
        }

        received = Result(receive);
        return true;
    }

    /// <summary>What the wait brought; 0 = the end.</summary>
    public int Result() => Result(_receive);

    private static int Result(ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter receive)
    {
        try
        {
            return receive.GetResult();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            return 0;
        }
    }
}
