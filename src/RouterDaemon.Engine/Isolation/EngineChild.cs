using System.Net.Sockets;
using RouterDaemon.Native;

namespace RouterDaemon.Engine.Isolation;

/// <summary>
/// The process of one model: serves one connection for each thing asked, over a Unix socket that only its parent knows. It ends when its
/// standard input does, so it never outlives the daemon.
/// </summary>
public static class EngineChild
{
    /// <summary>Written to standard output as soon as connections are taken.</summary>
    public const string Ready = "ready";

    /// <summary>Serves until <paramref name="input"/> ends.</summary>
    /// <param name="socketPath">Where to listen; must not exist.</param>
    /// <param name="input">Held open by the parent.</param>
    /// <param name="output">Told <see cref="Ready"/>.</param>
    /// <param name="log">Takes the library's warnings and errors.</param>
    public static async Task RunAsync(string socketPath, Stream input, TextWriter output, TextWriter log)
    {
        AbortSignal.EndAtOnce();
        using IDisposable native = NativeLog.Subscribe((level, line) =>
        {
            if (level is NativeLogLevel.Error or NativeLogLevel.Warning)
                log.WriteLine(line);
        });
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socketPath));
        listener.Listen(128);
        ChildModel model = new(TimeProvider.System);
        _ = AcceptAsync(listener, model);
        await output.WriteLineAsync(Ready).ConfigureAwait(false);
        await output.FlushAsync().ConfigureAwait(false);
        byte[] none = new byte[1];
        while (await input.ReadAsync(none).ConfigureAwait(false) > 0)
        {
        }
    }

    private static async Task AcceptAsync(Socket listener, ChildModel model)
    {
        try
        {
            while (true)
                _ = ServeAsync(await listener.AcceptAsync().ConfigureAwait(false), model);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The process is ending.
        }
    }

    private static async Task ServeAsync(Socket socket, ChildModel model)
    {
        using WireConnection connection = new(socket);
        using CancellationTokenSource gone = new();
        WireWriter answer = new();
        try
        {
            if (await connection.ReceiveAsync(CancellationToken.None).ConfigureAwait(false) is not { } request)
                return;
            _ = CancelWhenClosedAsync(connection, gone);
            await model.AnswerAsync(request, connection, gone.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The daemon has lost interest.
        }
        catch (Exception e)
        {
            ModelWire.Write(answer, e);
            try
            {
                await connection.SendAsync(answer.Written, CancellationToken.None).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // Nobody listens any more.
            }
        }
    }

    private static async Task CancelWhenClosedAsync(WireConnection connection, CancellationTokenSource gone)
    {
        try
        {
            await connection.ClosedAsync(CancellationToken.None).ConfigureAwait(false);
            await gone.CancelAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // Answered in the meantime.
        }
    }
}
