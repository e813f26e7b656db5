namespace RouterDaemon.Engine;

/// <summary>Where the engine and llama.cpp write. Called from native and inference threads: implementations must not block or throw.</summary>
public interface IEngineLog
{
    void Write(EngineLogLevel level, string message);

    /// <summary>Progress of a model load.</summary>
    /// <param name="modelId">Id of the model.</param>
    /// <param name="fraction">0 to 1.</param>
    void LoadProgress(string modelId, float fraction);
}
