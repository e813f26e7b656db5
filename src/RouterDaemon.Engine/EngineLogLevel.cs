namespace RouterDaemon.Engine;

/// <summary>Severity of an engine message. llama.cpp's informational lines arrive as <see cref="Debug"/>.</summary>
public enum EngineLogLevel
{
    Debug,
    Info,
    Warning,
    Error,
}
