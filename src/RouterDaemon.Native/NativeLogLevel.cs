namespace RouterDaemon.Native;

/// <summary><c>ggml_log_level</c> without its "continue" value, which is joined away.</summary>
public enum NativeLogLevel
{
    Debug = 1,
    Info = 2,
    Warning = 3,
    Error = 4,
}
