namespace RouterDaemon.Config;

internal enum ListenKind : byte
{
    Http,
    Https,
    Unix,
}
