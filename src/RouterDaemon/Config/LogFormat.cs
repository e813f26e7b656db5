namespace RouterDaemon.Config;

internal enum LogFormat : byte
{
    /// <summary>Plain on a terminal, systemd prefixes under systemd.</summary>
    Auto,
    Plain,
    Systemd,
    Json,
}
