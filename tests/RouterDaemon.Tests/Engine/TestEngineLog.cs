using System.Collections.Concurrent;
using RouterDaemon.Engine;

namespace RouterDaemon.Tests.Engine;

public sealed class TestEngineLog : IEngineLog
{
    public ConcurrentQueue<(EngineLogLevel Level, string Message)> Lines { get; } = new();

    public ConcurrentQueue<float> Progress { get; } = new();

    public void Write(EngineLogLevel level, string message) => Lines.Enqueue((level, message));

    public void LoadProgress(string modelId, float fraction) => Progress.Enqueue(fraction);
}
