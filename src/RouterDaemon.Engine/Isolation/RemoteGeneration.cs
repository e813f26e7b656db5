using System.Threading.Channels;
using RouterDaemon.Engine.Scheduling;

namespace RouterDaemon.Engine.Isolation;

/// <summary>A generation in a model's process: its events as they arrive. The connection's own buffers slow the process down for a slow reader.</summary>
internal sealed class RemoteGeneration(WireConnection connection, ProcessModel model, Action left) : IGenerationControl
{
    private readonly Channel<GenerationEvent> _channel = Channel.CreateBounded<GenerationEvent>(
        new BoundedChannelOptions(Job.ChannelCapacity) { SingleReader = true, SingleWriter = true });

    private readonly CancellationTokenSource _cancel = new();
    private CancellationTokenRegistration _registration;
    private int _cachedTokens;

    public ChannelReader<GenerationEvent> Events => _channel.Reader;

    public int CachedTokens => Volatile.Read(ref _cachedTokens);

    public void Start(CancellationToken ct)
    {
        _registration = ct.UnsafeRegister(static generation => ((RemoteGeneration)generation!).Cancel(), this);
        _ = PumpAsync();
    }

    public void Cancel()
    {
        _channel.Writer.TryComplete();
        _cancel.Cancel();
    }

    private async Task PumpAsync()
    {
        EngineException? error = null;
        try
        {
            bool finished = false;
            while (!finished)
            {
                if (await connection.ReceiveAsync(_cancel.Token).ConfigureAwait(false) is not { } message)
                {
                    error = model.Broken();
                    break;
                }
                if ((WireKind)message.Byte() == WireKind.Failed)
                {
                    error = ModelWire.ReadError(message);
                    break;
                }
                GenerationEvent e = EventWire.Read(message, out int cached);
                Volatile.Write(ref _cachedTokens, cached);
                finished = e.Finished is not null;
                await _channel.Writer.WriteAsync(e, _cancel.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            // Cancelled: closing the connection tells the process.
        }
        finally
        {
            _registration.Unregister();
            connection.Dispose();
            _channel.Writer.TryComplete(error);
            left();
        }
    }
}
