namespace RouterDaemon.Cli;

/// <summary>What a cell says at a glance; on a terminal a colour.</summary>
internal enum Tone : byte
{
    Plain,
    Good,
    Warning,
    Bad,
    Dim,
    Strong,
}
