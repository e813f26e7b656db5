using RouterDaemon.Engine;

namespace RouterDaemon.Telemetry;

/// <summary>The engine's messages in the daemon's log.</summary>
internal sealed class EngineLog(ILogger log) : IEngineLog
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _shownQuarter = [];

    public void Write(EngineLogLevel level, string message)
    {
        switch (level)
        {
            case EngineLogLevel.Error:
                Log.EngineError(log, message);
                break;
            case EngineLogLevel.Warning:
                Log.EngineWarning(log, message);
                break;
            case EngineLogLevel.Info:
                Log.EngineInfo(log, message);
                break;
            default:
                Log.EngineDebug(log, message);
                break;
        }
    }

    public void LoadProgress(string modelId, float fraction)
    {
        var quarter = (int)(fraction * 4);
        lock (_lock)
        {
            if (_shownQuarter.TryGetValue(modelId, out var shown) && shown == quarter)
            {
                return;
            }

            _shownQuarter[modelId] = quarter;
        }

        Log.LoadProgress(log, modelId, quarter * 25);
    }
}
