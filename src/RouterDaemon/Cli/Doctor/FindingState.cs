namespace RouterDaemon.Cli.Doctor;

internal enum FindingState : byte
{
    Good,
    Warning,
    Bad,
}
