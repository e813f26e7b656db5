using RouterDaemon.Engine;

namespace RouterDaemon.Cli;

/// <summary>For commands whose output is a result: failures arrive as exceptions.</summary>
internal sealed class SilentEngineLog : IEngineLog
{
    public void Write(EngineLogLevel level, string message)
    {
    }

    public void LoadProgress(string modelId, float fraction)
    {
    }
}
